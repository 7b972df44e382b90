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
    private const int MaxPlaceChars = 256;

    private readonly TimeProvider _timeProvider;
    private volatile State _state;

    public ReloadStatus(TimeProvider timeProvider, IMeterFactory meterFactory)
    {
        _timeProvider = timeProvider;
        _state = new State(timeProvider.GetUtcNow(), null, null);
        var meter = meterFactory.Create(ServiceMetrics.MeterName);
        meter.CreateObservableGauge("heartbeatgateway.config.last.reload.successful", () => _state.RefusedAt is null ? 1L : 0L, null, "Whether the last change of the configuration is in force (1) or was refused (0).");
        meter.CreateObservableGauge("heartbeatgateway.config.last.reload.success.timestamp", () => _state.AcceptedAt.ToUnixTimeMilliseconds() / 1000.0, "s", "When the configuration in force was read, in Unix time.");
    }

    /// <summary>
    /// One phrase for operators. It has the keys or files that were refused, and no values: <c>/healthz</c> asks for no credentials, and a value under
    /// a wrong key may be a secret.
    /// </summary>
    public string Detail => _state is { RefusedAt: { } at, Places: var places } state
        ? $"the change at {Text(at)} was refused ({places}; ConfigurationRefused in the log has the reason); in force is that of {Text(state.AcceptedAt)}"
        : $"in force since {Text(_state.AcceptedAt)}";

    /// <summary>A changed configuration is in force.</summary>
    public void Accepted() => _state = new State(_timeProvider.GetUtcNow(), null, null);

    /// <summary>A changed configuration was refused, so the previous one stays in force.</summary>
    /// <param name="why">What the configuration's reader or its validation threw.</param>
    public void Refused(Exception why) => _state = _state with { RefusedAt = _timeProvider.GetUtcNow(), Places = PrintableText.From(PlacesOf(why), MaxPlaceChars) };

    private static string PlacesOf(Exception why)
    {
        if (why is InvalidDataException) return SettingsFileFault.From(why).Place;
        var keys = (why as GatewayOptionsException)?.Errors.Select(SettingOrigins.KeyOf).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return keys is not { Count: > 0 } ? "not readable" : string.Join(", ", keys.Take(MaxPlaces)) + (keys.Count > MaxPlaces ? " and others" : "");
    }

    private static string Text(DateTimeOffset time) => time.ToString("u", CultureInfo.InvariantCulture);

    private sealed record State(DateTimeOffset AcceptedAt, DateTimeOffset? RefusedAt, string? Places);
}
