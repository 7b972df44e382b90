namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>What follows an end.</summary>
/// <param name="Stop">The client ends for good.</param>
/// <param name="Delay">Otherwise: how long to wait before the next attempt.</param>
/// <param name="Next">What to remember.</param>
internal readonly record struct RetryDecision(bool Stop, TimeSpan Delay, RetryState Next);
