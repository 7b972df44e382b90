namespace HeartbeatGateway.Client;

/// <summary>What happens to a frame when the send queue is full.</summary>
public enum SendQueueFull
{
    /// <summary>
    /// <see cref="GatewayClient.SendAsync"/> waits for room, in FIFO order; <see cref="GatewayClient.TrySend"/> returns false. The default.
    /// </summary>
    Wait = 0,

    /// <summary>The oldest frames are dropped to make room, and are reported by <see cref="GatewayClient.MessagesDropped"/>.</summary>
    DropOldest,

    /// <summary><see cref="GatewayClient.SendAsync"/> throws <see cref="SendQueueFullException"/>; <see cref="GatewayClient.TrySend"/> returns false.</summary>
    Reject,
}
