namespace HeartbeatGateway.Client.Connections;

/// <summary>What the heartbeat asks for.</summary>
/// <param name="Action">What to do now.</param>
/// <param name="Next">The timestamp at which to look again.</param>
internal readonly record struct HeartbeatStep(HeartbeatAction Action, long Next);
