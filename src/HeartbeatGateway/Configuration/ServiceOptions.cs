using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>The section <c>Gateway</c>: the engine's options and the service's own.</summary>
internal sealed class ServiceOptions : GatewayOptions
{
    /// <summary>The TCP endpoint. Read once, at the start.</summary>
    public TcpOptions Tcp { get; set; } = new();

    /// <summary>TLS on that endpoint. Read once, at the start.</summary>
    public TlsOptions Tls { get; set; } = new();

    /// <summary>The endpoint for WebSockets.</summary>
    public WebSocketEndpointOptions WebSocket { get; set; } = new();

    /// <summary>Limits on the operators' HTTP connections. Read once, at the start.</summary>
    public HttpOptions Http { get; set; } = new();

    /// <summary>Access to the HTTP API.</summary>
    public AdminOptions Admin { get; set; } = new();

    /// <summary>The service that is asked whether a client may connect. Read once, at the start.</summary>
    public AuthorizationOptions Authorization { get; set; } = new();

    /// <summary>Where bans are kept. Read once, at the start.</summary>
    public BanOptions Bans { get; set; } = new();

    /// <summary>The webhook: a receiver of messages and presence events.</summary>
    public WebhookOptions Webhook { get; set; } = new();

    /// <summary>The Redis on which gateways form a cluster. Read once, at the start.</summary>
    public RedisSettings Redis { get; set; } = new();
}
