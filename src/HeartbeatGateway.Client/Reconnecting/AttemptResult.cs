namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>The result of an attempt, or of the connection that it made.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="Lived">The time from the gateway's first answer to the end; null when the gateway never answered.</param>
/// <param name="Slot">The delay until the reconnect slot that the gateway assigned; null when it assigned none.</param>
/// <param name="ClockCorrected">The clock offset was wrong and is corrected now, so an immediate retry makes sense.</param>
internal readonly record struct AttemptResult(DisconnectInfo End, TimeSpan? Lived, TimeSpan? Slot = null, bool ClockCorrected = false);
