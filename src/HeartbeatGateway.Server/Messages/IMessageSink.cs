namespace HeartbeatGateway.Server.Messages;

/// <summary>Where application messages go.</summary>
public interface IMessageSink
{
    /// <summary>
    /// Takes a message. The task completes when the sender may go on: a sink that is full does not complete it, and the
    /// gateway stops reading that one connection until it does. Runs on the connection's read loop, so it must not block.
    /// When the task completes, the sink has taken responsibility for the message, and its client is sent the acknowledgement of a numbered one; a sink that
    /// decides later calls <see cref="GatewayMessage.Defer"/>. An exception is logged and counted; the connection stays open, unless the message is numbered:
    /// then it ends as <c>undelivered</c>, so that the client sends the message again.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the connection ends. After a planned close (<c>draining</c>, <c>max_age</c>, <c>shutdown</c>) messages still arrive for up to 2 s,
    /// also after the presence event of the end; then it is cancelled at the end of that time.
    /// </param>
    ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken);
}
