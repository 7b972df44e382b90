namespace HeartbeatGateway.Server.Options;

/// <summary>Everything that can be set about the engine; the section <c>Gateway</c> of the configuration. See docs/configuration.md.</summary>
public class GatewayOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string SectionName = "Gateway";

    /// <summary>Limits of silence.</summary>
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
}
