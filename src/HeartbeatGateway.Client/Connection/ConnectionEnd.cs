namespace HeartbeatGateway.Client.Connection;

/// <summary>The first cause of a connection's end; later ones change nothing.</summary>
/// <param name="End">Why.</param>
/// <param name="At">Timestamp.</param>
/// <param name="Slot">When the gateway said to come back.</param>
/// <param name="ClockCorrected">The clock was wrong and is right now.</param>
internal sealed record ConnectionEnd(DisconnectInfo End, long At, TimeSpan? Slot, bool ClockCorrected);
