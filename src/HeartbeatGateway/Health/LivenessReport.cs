namespace HeartbeatGateway.Health;

/// <summary>Whether the gateway answers heartbeats, and what was found.</summary>
internal sealed record LivenessReport(bool IsLive, string Detail);
