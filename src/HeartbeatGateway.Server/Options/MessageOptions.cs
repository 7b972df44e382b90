namespace HeartbeatGateway.Server.Options;

/// <summary>Application messages from clients.</summary>
public sealed class MessageOptions
{
    /// <summary>What the default sink writes to the log about a message. Default <see cref="MessageLogContent.Full"/>.</summary>
    [Displayable]
    public MessageLogContent LogContent { get; set; } = MessageLogContent.Full;

    /// <summary>
    /// Where messages go. Read once, at the start. Default: none listed, which means <c>inprocess</c> when the program has registered a sink of its own, else
    /// <c>log</c>.
    /// </summary>
    public IList<SinkOptions> Sinks { get; set; } = [];
}
