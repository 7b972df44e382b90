namespace HeartbeatGateway.Server.Options;

/// <summary>Application messages from and to clients.</summary>
public sealed class MessageOptions
{
    /// <summary>What the default sink writes to the log about a message. Default <see cref="MessageLogContent.Full"/>.</summary>
    [Displayable]
    public MessageLogContent LogContent { get; set; } = MessageLogContent.Full;

    /// <summary>
    /// The most messages that are kept for one client until it acknowledges them, those held while it is away included. Default 100. Further ones are
    /// answered with <see cref="DeliveryResult.Slow"/>.
    /// </summary>
    [Displayable]
    public int MaxHeldMessages { get; set; } = 100;

    /// <summary>
    /// What these messages may count in bytes, for one client: each its content, its type, and 512 bytes for what belongs to it in memory. Default 262,144.
    /// A client that acknowledges gets no message whose count is larger.
    /// </summary>
    [Displayable]
    public long MaxHeldBytes { get; set; } = 256 * 1024;

    /// <summary>The same for all clients together: it bounds the memory. Default 67,108,864 (64 MiB).</summary>
    [Displayable]
    public long MaxHeldTotalBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The longest time for which a caller may have a message held. Default one day, which is the most; 0 holds nothing for clients that are away.</summary>
    [Displayable]
    public TimeSpan MaxTtl { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a message that names no such time waits for its acknowledgement, and is sent again after a reconnect. Default one minute: the usual
    /// reconnect, with its backoff, takes less.
    /// </summary>
    [Displayable]
    public TimeSpan KeepUnacknowledged { get; set; } = TimeSpan.FromMinutes(1);
}
