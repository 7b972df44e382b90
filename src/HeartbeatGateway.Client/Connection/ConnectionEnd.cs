namespace HeartbeatGateway.Client.Connection;

/// <summary>The first cause of a connection's end; later causes are ignored.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="At">The timestamp of the end.</param>
/// <param name="Slot">The delay until the reconnect slot that the gateway assigned; null when it assigned none.</param>
/// <param name="ClockCorrected">The clock offset was wrong and is corrected now.</param>
internal sealed record ConnectionEnd(DisconnectInfo End, long At, TimeSpan? Slot, bool ClockCorrected);
