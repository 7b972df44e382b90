namespace HeartbeatGateway.Server.Outbound;

/// <summary>A write that the transport has not taken.</summary>
/// <param name="Since">Timestamp since when no byte was taken.</param>
/// <param name="AcknowledgedBytes">What the peer had acknowledged at that time, where the transport can tell.</param>
internal sealed record BlockedWrite(long Since, long? AcknowledgedBytes);
