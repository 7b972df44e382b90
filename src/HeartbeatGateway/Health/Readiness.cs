using HeartbeatGateway.Server;
using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Health;

/// <summary>Whether the gateway accepts new clients.</summary>
internal sealed class Readiness(GatewayEngine engine, GatewayTransportFactory transport)
{
    /// <summary>Why it does not; null when it does.</summary>
    public string? Obstacle =>
        engine.IsStopping || transport.Listener is { IsStopped: true } ? "stopping"
        : engine.IsDraining ? "draining"
        : transport.Listener is null ? "starting"
        : null;
}
