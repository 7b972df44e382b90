namespace HeartbeatGateway.Server.Messages;

/// <summary>Where application messages go.</summary>
public interface IMessageSink
{
    /// <summary>
    /// Takes a message. The task completes when the sender may go on: a sink that is full does not complete it, and the
    /// gateway stops reading that one connection until it does. Runs on the connection's read loop, so it must not block.
    /// An exception is logged and counted; the connection stays open.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the connection ends. After a planned close (<c>draining</c>, <c>max_age</c>, <c>shutdown</c>) messages still arrive for up to 2 s,
    /// also after the presence event of the end; then it is cancelled at the end of that time.
    /// </param>
    ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken);
}
