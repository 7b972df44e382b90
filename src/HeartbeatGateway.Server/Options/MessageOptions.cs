namespace HeartbeatGateway.Server.Options;

/// <summary>Application messages from and to clients.</summary>
public sealed class MessageOptions
{
    /// <summary>What the default sink writes to the log about a message. Default <see cref="MessageLogContent.Full"/>.</summary>
    [Displayable]
    public MessageLogContent LogContent { get; set; } = MessageLogContent.Full;

    /// <summary>
    /// Numbered messages of one client that are not acknowledged, 1 to 65,536. At this number the gateway stops reading from the client until the sink settles
    /// one. Default 128: a window for a sink that takes 100 ms at 1,000 messages a second.
    /// </summary>
    [Displayable]
    public int MaxUnacknowledged { get; set; } = 128;

    /// <summary>The contents of these messages in bytes, at least 1,024; one message alone may be larger. Default 262,144.</summary>
    [Displayable]
    public int MaxUnacknowledgedBytes { get; set; } = 256 * 1024;

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

    /// <summary>
    /// Where messages go. Read once, at the start. Default: none listed, which means <c>inprocess</c> when the program has registered a sink of its own, else
    /// <c>log</c>.
    /// </summary>
    public IList<SinkOptions> Sinks { get; set; } = [];
}
