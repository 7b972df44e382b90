namespace HeartbeatGateway.Server.Options;

/// <summary>Application messages from clients.</summary>
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
}
