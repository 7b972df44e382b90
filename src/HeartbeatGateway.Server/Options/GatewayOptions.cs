using Microsoft.Extensions.Configuration;
namespace HeartbeatGateway.Server.Options;

/// <summary>All options of the engine; the section <c>Gateway</c> of the configuration. See docs/configuration.md.</summary>
public class GatewayOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string SectionName = "Gateway";

    /// <summary>Idle timeouts.</summary>
    public HeartbeatOptions Heartbeat { get; set; } = new();

    /// <summary>Limits of frames.</summary>
    public FrameOptions Frames { get; set; } = new();

    /// <summary>Tokens.</summary>
    public TokenOptions Tokens { get; set; } = new();

    /// <summary>Reconnect recognition.</summary>
    public ReconnectOptions Reconnects { get; set; } = new();

    /// <summary>Outbound queues.</summary>
    public OutboundOptions Outbound { get; set; } = new();

    /// <summary>Draining.</summary>
    public DrainingOptions Draining { get; set; } = new();

    /// <summary>Limits on connections.</summary>
    public AdmissionOptions Admission { get; set; } = new();

    /// <summary>Proxies in front of the gateway.</summary>
    public ProxyOptions Proxy { get; set; } = new();

    /// <summary>Application messages from clients.</summary>
    public MessageOptions Messages { get; set; } = new();

    /// <summary>Log lines about peers.</summary>
    public LoggingOptions Logging { get; set; } = new();

    /// <summary>Traces.</summary>
    public TelemetryOptions Telemetry { get; set; } = new();

    /// <summary>Reads the section <c>Gateway</c> strictly: an unknown key, a value of the wrong type and a value out of range are errors.</summary>
    /// <param name="configuration">The program's configuration.</param>
    /// <exception cref="GatewayOptionsException">A value is wrong; the message names every wrong key.</exception>
    public static GatewayOptions Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration.GetSection(SectionName);
        var faults = StrictBinder.FindFaults(section, typeof(GatewayOptions)).ToList();
        if (faults.Count > 0) throw new GatewayOptionsException(faults);
        var options = section.Get<GatewayOptions>() ?? new GatewayOptions();
        var errors = options.Validate();
        return errors.Count > 0 ? throw new GatewayOptionsException(errors) : options;
    }

    /// <summary>Checks all values.</summary>
    /// <returns>One sentence for each wrong value, starting with its key; empty when the options are valid.</returns>
    public IReadOnlyList<string> Validate() => GatewayOptionsValidator.Validate(this, out _);

    /// <summary>Finds valid settings that are probably mistakes: a blank or quotes in a secret, a secret that the documentation publishes.</summary>
    /// <returns>One sentence for each, starting with its key and without the secret.</returns>
    public IReadOnlyList<string> FindWarnings() => Tokens.Scheme == "none"
        ? []
        : [.. Tokens.Keys.SelectMany((key, index) => ConfiguredSecret.FindWarnings(key, $"{SectionName}:Tokens:Keys:{index}"))];
}
