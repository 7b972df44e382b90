using System.Diagnostics.Metrics;
using System.Globalization;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Logging;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Configuration;

/// <summary>Whether the last change of the configuration is in force, for metrics and for <c>/healthz</c>. The start counts as the first change.</summary>
internal sealed class ReloadStatus
{
    private const int MaxPlaces = 3;
    private const int MaxPlaceChars = 512;

    private readonly TimeProvider _timeProvider;
    private readonly IConfiguration _configuration;
    private volatile State _state;

    public ReloadStatus(TimeProvider timeProvider, IConfiguration configuration, IMeterFactory meterFactory)
    {
        _timeProvider = timeProvider;
        _configuration = configuration;
        _state = new State(timeProvider.GetUtcNow(), []);
        var meter = meterFactory.Create(ServiceMetrics.MeterName);
        meter.CreateObservableGauge("heartbeatgateway.config.last.reload.successful", () => RefusedPlaces().Count == 0 ? 1L : 0L, null, "Whether the last change of the configuration is in force (1) or was refused (0).");
        meter.CreateObservableGauge("heartbeatgateway.config.last.reload.success.timestamp", () => _state.AcceptedAt.ToUnixTimeMilliseconds() / 1000.0, "s", "When the configuration in force was read, in Unix time.");
    }

    /// <summary>
    /// One phrase for operators. It has the keys or files that were refused, and no values: <c>/healthz</c> asks for no credentials, and a value under
    /// a wrong key may be a secret.
    /// </summary>
    public string Detail
    {
        get
        {
            var inForce = $"in force since {_state.AcceptedAt.ToString("u", CultureInfo.InvariantCulture)}";
            return Refusal is not { } named ? inForce : $"the last change was refused: {named}; see ConfigurationRefused in the log. The previous configuration is {inForce}";
        }
    }

    /// <summary>The keys or files of the last change that were refused, without values; null when it is in force.</summary>
    public string? Refusal
    {
        get
        {
            var places = RefusedPlaces();
            return places.Count == 0 ? null : PrintableText.From(string.Join(", ", places.Take(MaxPlaces)) + (places.Count > MaxPlaces ? " and others" : ""), MaxPlaceChars);
        }
    }

    /// <summary>A changed configuration is in force.</summary>
    public void Accepted() => _state = new State(_timeProvider.GetUtcNow(), []);

    /// <summary>A changed configuration was refused, so the previous one stays in force.</summary>
    /// <param name="why">What the reader or the validation of the configuration threw.</param>
    public void Refused(Exception why)
    {
        var keys = (why as GatewayOptionsException)?.Errors.Select(SettingOrigins.KeyOf).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        _state = _state with { Refused = keys is { Count: > 0 } ? keys : ["an error without a key"] };
    }

    /// <summary>Files that cannot be used now, and the keys of the last change if it was refused.</summary>
    private List<string> RefusedPlaces() =>
        [.. SettingsFiles.Of(_configuration).Where(file => file.Fault is not null).Select(file => file.FullPath), .. _state.Refused];

    private sealed record State(DateTimeOffset AcceptedAt, IReadOnlyList<string> Refused);
}
