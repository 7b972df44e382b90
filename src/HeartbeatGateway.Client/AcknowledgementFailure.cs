namespace HeartbeatGateway.Client;

/// <summary>Why the gateway did not acknowledge a message.</summary>
public enum AcknowledgementFailure
{
    /// <summary>
    /// The gateway does not acknowledge messages, or not those of this client: it is older, or its keys do not allow it. The message was not sent.
    /// </summary>
    NotGranted = 0,

    /// <summary>The send queue was full and dropped the message; its mode is <see cref="SendQueueFull.DropOldest"/>. The message was not sent.</summary>
    Dropped,

    /// <summary>The client stopped before. The message may have arrived if it was sent.</summary>
    Stopped,
}
