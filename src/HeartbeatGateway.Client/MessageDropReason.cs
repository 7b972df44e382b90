namespace HeartbeatGateway.Client;

/// <summary>Why a message was dropped.</summary>
public enum MessageDropReason
{
    /// <summary>Sending: the send queue was full, and its mode is <see cref="SendQueueFull.DropOldest"/>.</summary>
    SendQueueFull = 0,

    /// <summary>Sending: the message was queued before the gateway stated its content limit, and is larger than that limit.</summary>
    TooLarge,

    /// <summary>Sending: the message was still queued when the client stopped.</summary>
    NotSentAtStop,

    /// <summary>Receiving: the receive queue was full; <see cref="GatewayClientOptions.ReceiveQueueFullMode"/> decides which message is dropped.</summary>
    ReceiveQueueFull,

    /// <summary>Receiving: the message arrived after the client had stopped.</summary>
    ReceivedAfterStop,

    /// <summary>Sending: the message was sent with a number, and was not acknowledged when the client stopped. It may have arrived.</summary>
    NotAcknowledgedAtStop,
}
