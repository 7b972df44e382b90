using HeartbeatGateway.Server;
using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Health;

/// <summary>Whether new clients are welcome.</summary>
internal sealed class Readiness(GatewayEngine engine, GatewayTransportFactory transport)
{
    /// <summary>Why they are not; null when they are.</summary>
    public string? Obstacle =>
        engine.IsStopping || transport.Listener is { IsStopped: true } ? "stopping"
        : transport.Listener is null ? "starting"
        : null;
}
