namespace HeartbeatGateway.Server.Options;

/// <summary>Application messages from clients.</summary>
public sealed class MessageOptions
{
    /// <summary>What the default sink writes to the log about a message. Default <see cref="MessageLogContent.Full"/>.</summary>
    [Displayable]
    public MessageLogContent LogContent { get; set; } = MessageLogContent.Full;
}
