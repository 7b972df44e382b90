namespace HeartbeatGateway.Client;

/// <summary>What happens to a message from the gateway when the receive queue is full.</summary>
public enum ReceiveQueueFull
{
    /// <summary>The oldest messages are dropped to make room, and are reported. The default: the connection never depends on the application.</summary>
    DropOldest = 0,

    /// <summary>The new message is dropped and reported.</summary>
    DropNewest,

    /// <summary>
    /// No message is dropped: the client stops reading until the application has read a message. Heartbeats are still sent, but a dead
    /// gateway is not detected during the wait. A gateway ends a client that reads nothing for its write timeout, as <c>slow_consumer</c>.
    /// After a dispose the client does not wait; it drops the new message.
    /// </summary>
    Wait,
}
