namespace HeartbeatGateway.Server;

/// <summary>What has become of a message for one client; see <see cref="IHeartbeatGateway.DeliverToClient"/>.</summary>
public enum DeliveryResult
{
    /// <summary>
    /// It was accepted for the client's connection. Of a numbered message, the client has not acknowledged it yet. A message without a number stays so: it
    /// is sent, unless the connection ends first.
    /// </summary>
    Queued,

    /// <summary>The client is not connected. The message is kept, and sent when the client connects with the feature <c>ack</c>.</summary>
    Held,

    /// <summary>The client has acknowledged it.</summary>
    Delivered,

    /// <summary>Its time was up before the client acknowledged it. The client may have received it all the same.</summary>
    Expired,

    /// <summary>It was accepted, and is no longer kept: the gateway has stopped, or a reload made <c>Gateway:Outbound:MaxPendingBytes</c> smaller than its frame.</summary>
    Dropped,

    /// <summary>
    /// It was not accepted, because too much waits already: for this client (<c>Gateway:Outbound:MaxPendingBytes</c>, <c>Gateway:Messages:MaxHeldMessages</c>,
    /// <c>MaxHeldBytes</c>) or for all clients (<c>MaxHeldTotalBytes</c>).
    /// </summary>
    Slow,

    /// <summary>It was not accepted: the client is not connected, and no time was given for which it may be held.</summary>
    Gone,

    /// <summary>It was not accepted: the node of the cluster that has the client, or the cluster's directory, cannot be reached.</summary>
    NodeUnreachable,

    /// <summary>
    /// The node of the cluster that has the client has not answered, or has not told the result: the client may have received the message, or may receive it still.
    /// Becomes final when a result is told, or after the message's time.
    /// </summary>
    NodeUnknown,
}
