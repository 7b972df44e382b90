namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>The decision after an end.</summary>
/// <param name="Stop">The client stops permanently.</param>
/// <param name="Delay">Otherwise: the delay before the next attempt.</param>
/// <param name="Next">The state for the next decision.</param>
internal readonly record struct RetryDecision(bool Stop, TimeSpan Delay, RetryState Next);
