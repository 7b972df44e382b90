namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>How a receiver of webhooks treats requests.</summary>
internal enum ReceiverMode
{
    /// <summary>Answers 200.</summary>
    Accepts,

    /// <summary>Answers 500; every second request has been processed all the same.</summary>
    Fails,

    /// <summary>Does not answer; every second request has been processed.</summary>
    Hangs,

    /// <summary>Closes the connection without an answer; every second request has been processed.</summary>
    Closes,

    /// <summary>Answers 200 after a while.</summary>
    IsSlow,
}
