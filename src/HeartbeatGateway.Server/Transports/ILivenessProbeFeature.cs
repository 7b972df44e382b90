namespace HeartbeatGateway.Server.Transports;

/// <summary>Marks a connection as the gateway's own liveness probe: answered like every other, but in no count and nobody's reconnect.</summary>
public interface ILivenessProbeFeature;
