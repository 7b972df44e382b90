namespace HeartbeatGateway.Client;

/// <summary>What happens to a frame for which the send queue has no room.</summary>
public enum SendQueueFull
{
    /// <summary><see cref="GatewayClient.SendAsync"/> waits for room, first come first served; <see cref="GatewayClient.TrySend"/> returns false. The default.</summary>
    Wait = 0,

    /// <summary>The oldest frames make room, and are counted as dropped.</summary>
    DropOldest,

    /// <summary><see cref="GatewayClient.SendAsync"/> throws <see cref="SendQueueFullException"/>; <see cref="GatewayClient.TrySend"/> returns false.</summary>
    Reject,
}
