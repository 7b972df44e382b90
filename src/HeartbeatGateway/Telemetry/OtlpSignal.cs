using System.Globalization;
using OpenTelemetry.Exporter;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// How one signal, traces or metrics, is exported: the variables of the OpenTelemetry specification, of which those of the signal override the general
/// ones. The SDK itself reads only the general ones when signals are configured one by one.
/// </summary>
internal sealed class OtlpSignal
{
    /// <summary>The prefix of all variables of the exporter.</summary>
    private const string Prefix = "OTEL_EXPORTER_OTLP_";
    public static readonly string[] Prefixes = [Prefix, $"{Prefix}TRACES_", $"{Prefix}METRICS_"];

    /// <summary>Variables of the SDK with numbers, which it would silently replace by their defaults.</summary>
    public static readonly string[] Numbers =
    [
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT",
        "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    ];

    private readonly IConfiguration _configuration;
    private readonly string _name;

    private OtlpSignal(IConfiguration configuration, string name) => (_configuration, _name) = (configuration, name);

    /// <summary>True when a variable asks for the export, and none forbids it.</summary>
    public bool IsOn => !IsDisabled && (Exporter == "otlp" || (Exporter is null && (SignalValue("ENDPOINT") ?? GeneralValue("ENDPOINT")) is not null));

    private bool IsDisabled => string.Equals(_configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The wished exporter, in lower case; null when none is named.</summary>
    private string? Exporter => _configuration[ExporterVariable] is { Length: > 0 } exporter ? exporter.Trim().ToLowerInvariant() : null;

    private string ExporterVariable => $"OTEL_{_name}_EXPORTER";

    public static OtlpSignal Traces(IConfiguration configuration) => new(configuration, "TRACES");

    public static OtlpSignal Metrics(IConfiguration configuration) => new(configuration, "METRICS");

    /// <summary>Values of the variables that cannot be used, one sentence for each.</summary>
    public static IEnumerable<string> FindFaults(IConfiguration configuration) =>
        Prefixes.SelectMany(prefix => FindFaults(configuration, prefix))
            .Concat(Numbers.Where(name => configuration[name] is { Length: > 0 } value && !IsPositive(value))
                .Select(name => $"{name} is '{configuration[name]}', but must be a whole number above 0."))
            .Concat(Traces(configuration).FindExporterFaults("otlp", "none"))
            .Concat(Metrics(configuration).FindExporterFaults("otlp", "none", "prometheus"));

    /// <summary>Variables that have no effect, one sentence for each.</summary>
    public static IEnumerable<string> Warnings(IConfiguration configuration)
    {
        var exporter = configuration["OTEL_LOGS_EXPORTER"];
        if (!string.IsNullOrEmpty(exporter) && !exporter.Equals("none", StringComparison.OrdinalIgnoreCase)) yield return NoLogs("OTEL_LOGS_EXPORTER");
        if (configuration["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] is { Length: > 0 }) yield return NoLogs("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT");

        static string NoLogs(string name) => $"{name} has no effect: logs are not exported by OTLP; they are on standard output.";
    }

    /// <summary>Gives the exporter the values of this signal's own variables.</summary>
    public void Configure(OtlpExporterOptions exporter)
    {
        if (SignalValue("PROTOCOL") is { } protocol) exporter.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        if (SignalValue("HEADERS") is { } headers) exporter.Headers = headers;
        if (SignalValue("TIMEOUT") is { } timeout) exporter.TimeoutMilliseconds = int.Parse(timeout, CultureInfo.InvariantCulture);
        if (SignalValue("COMPRESSION") is { } compression)
        {
            exporter.Compression = compression == "gzip" ? OtlpExportCompression.GZip : OtlpExportCompression.None;
        }

        // An endpoint that is set here is used as it is; the SDK adds the signal's path to the general one.
        if (SignalValue("ENDPOINT") is { } endpoint) exporter.Endpoint = new Uri(endpoint);
    }

    private static IEnumerable<string> FindFaults(IConfiguration configuration, string prefix)
    {
        if (Value("ENDPOINT") is { } endpoint && !IsHttpUrl(endpoint))
        {
            // The part before an @ may be credentials.
            var shown = endpoint.Contains('@', StringComparison.Ordinal) ? "…" : endpoint;
            yield return $"{prefix}ENDPOINT is '{shown}', but must be a URL such as http://collector:4317.";
        }

        if (Value("PROTOCOL") is { } protocol and not ("grpc" or "http/protobuf")) yield return $"{prefix}PROTOCOL is '{protocol}', but must be grpc or http/protobuf.";
        if (Value("COMPRESSION") is { } compression and not ("gzip" or "none")) yield return $"{prefix}COMPRESSION is '{compression}', but must be gzip or none.";
        if (Value("TIMEOUT") is { } timeout && !IsPositive(timeout)) yield return $"{prefix}TIMEOUT is '{timeout}', but must be a number of milliseconds.";
        // Headers hold credentials, so the value is not repeated.
        if (Value("HEADERS") is { } headers && headers.Split(',').Any(pair => pair.Split('=', 2) is not [{ } name, _] || string.IsNullOrWhiteSpace(name)))
        {
            yield return $"{prefix}HEADERS must hold name=value pairs separated by commas.";
        }

        string? Value(string name) => configuration[prefix + name] is { Length: > 0 } value ? value : null;
    }

    private static bool IsHttpUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);

    private static bool IsPositive(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    private IEnumerable<string> FindExporterFaults(params string[] known) =>
        Exporter is null || known.Contains(Exporter, StringComparer.Ordinal)
            ? []
            : [$"{ExporterVariable} is '{_configuration[ExporterVariable]}', but must be {string.Join(" or ", known)}."];

    private string? SignalValue(string name) => NonEmpty($"{Prefix}{_name}_{name}");

    private string? GeneralValue(string name) => NonEmpty($"{Prefix}{name}");

    private string? NonEmpty(string key) => _configuration[key] is { Length: > 0 } value ? value : null;
}
