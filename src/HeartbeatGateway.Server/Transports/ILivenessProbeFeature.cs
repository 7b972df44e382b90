namespace HeartbeatGateway.Server.Transports;

/// <summary>Marks a connection as the gateway's own liveness probe: it is answered like any other, but counts in no metric and as no reconnect.</summary>
public interface ILivenessProbeFeature;
