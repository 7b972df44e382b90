using System.Diagnostics.Tracing;
using System.Globalization;
using System.Text.RegularExpressions;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// Logs when telemetry cannot be sent, once, and when it is sent again. The OpenTelemetry SDK reports both only as events, to which nothing listens by
/// default.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Gets the lines.</param>
internal sealed partial class CollectorWatch(TimeProvider timeProvider, ILogger<CollectorWatch> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>Endpoints of which the state is kept: one for each signal. A bound, should a later SDK report others.</summary>
    private const int MaxEndpoints = 8;

    /// <summary>Different warnings that are logged, each once.</summary>
    private const int MaxWarnings = 32;

    private const int MaxChars = 512;
    private const string ExporterSource = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    private const string SdkSource = "OpenTelemetry-Sdk";

    /// <summary>The warnings of the SDK that operators can act on.</summary>
    private static readonly string[] SettingEvents =
        ["InvalidConfigurationValue", "TracesSamplerConfigInvalid", "TracesSamplerArgConfigInvalid", "ExistsDroppedExportProcessorItems"];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _failingSince = new(StringComparer.Ordinal);
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private Listener? _listener;

    /// <summary>Before any service starts: the SDK reports settings that it cannot use when it starts.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _listener = new Listener(this);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The container disposes the services in the reverse order of their creation: the exporters, which send the last data, before this one.</summary>
    public void Dispose() => _listener?.Dispose();

    /// <summary>An attempt to send has failed.</summary>
    public void Failed(string endpoint, string error)
    {
        endpoint = WithoutCredentials(endpoint);
        lock (_lock)
        {
            if (_failingSince.Count >= MaxEndpoints || !_failingSince.TryAdd(endpoint, timeProvider.GetTimestamp())) return;
        }

        logger.CollectorUnreachable(PrintableText.From(endpoint, MaxChars), PrintableText.From(FirstLine(error), MaxChars));
    }

    /// <summary>An attempt to send has succeeded.</summary>
    public void Succeeded(string endpoint)
    {
        endpoint = WithoutCredentials(endpoint);
        long since;
        lock (_lock)
        {
            if (!_failingSince.Remove(endpoint, out since)) return;
        }

        logger.CollectorReachable(PrintableText.From(endpoint, MaxChars), timeProvider.GetElapsedTime(since).TotalSeconds);
    }

    /// <summary>The SDK cannot use a setting, a certificate or an instrument.</summary>
    public void Warn(string warning)
    {
        var text = PrintableText.From(FirstLine(warning), MaxChars);
        lock (_lock)
        {
            if (_warned.Count >= MaxWarnings || !_warned.Add(text)) return;
        }

        logger.TelemetryWarning(text);
    }

    /// <summary>The message of an exception's text: its first line, without the type's name before it and the full stop after it.</summary>
    private static string FirstLine(string text) => TypeName().Replace(text.Split('\n', 2)[0], "").TrimEnd(' ', '.', '\r');

    private static string WithoutCredentials(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var url) && url.UserInfo.Length > 0
            ? new UriBuilder(url) { UserName = "", Password = "" }.Uri.ToString()
            : endpoint;

    [GeneratedRegex(@"^[\w.]+Exception: ", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypeName();

    private void Handle(EventWrittenEventArgs written)
    {
        var values = written.Payload?.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture) ?? "").ToArray() ?? [];
        if (written.EventSource.Name == SdkSource)
        {
            // Most warnings of the SDK are about instruments that are not exported.
            if (written.Level <= EventLevel.Error || SettingEvents.Contains(written.EventName, StringComparer.Ordinal)) Warn(Format(written, values));
            return;
        }

        switch (written.EventName)
        {
            case "ExportSuccess":
                Succeeded(values[0]);
                break;
            case "FailedToReachCollector" or "TransientHttpError" or "OperationUnexpectedlyCanceled" or "RequestTimedOut" or "GrpcStatusWarning":
                Failed(values[0], values[1]);
                break;
            case "HttpRequestFailed":
                Failed(values[0], values[2]);
                break;
            case "ExportFailure":
                Failed(values[0], $"{values[1]} {values[2]}");
                break;
            default:
                if (written.Level <= EventLevel.Warning) Warn(Format(written, values));
                break;
        }
    }

    private static string Format(EventWrittenEventArgs written, string[] values) =>
        written.Message is { } message ? string.Format(CultureInfo.InvariantCulture, message, [.. values]) : $"{written.EventName} {string.Join(' ', values)}";

    private sealed class Listener : EventListener
    {
        // Set after the base class has enabled the sources, so it can be null when the first event arrives.
        private readonly CollectorWatch? _watch;

        public Listener(CollectorWatch watch) => _watch = watch;

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == ExporterSource) EnableEvents(eventSource, EventLevel.Informational);
            if (eventSource.Name == SdkSource) EnableEvents(eventSource, EventLevel.Warning);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => _watch?.Handle(eventData);
    }
}
