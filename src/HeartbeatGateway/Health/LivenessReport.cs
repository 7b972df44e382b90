namespace HeartbeatGateway.Health;

/// <summary>Whether the gateway answers heartbeats, and the finding in words.</summary>
internal sealed record LivenessReport(bool IsLive, string Detail);
