namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>What became of an attempt, or of the connection that it made.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="Lived">From being accepted to the end; null when it was never accepted.</param>
/// <param name="Slot">When the gateway said to come back.</param>
/// <param name="ClockCorrected">The clock was wrong and is right now: trying again at once makes sense.</param>
internal readonly record struct AttemptResult(DisconnectInfo End, TimeSpan? Lived, TimeSpan? Slot = null, bool ClockCorrected = false);
