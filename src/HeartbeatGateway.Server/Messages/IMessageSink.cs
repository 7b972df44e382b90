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
    /// <param name="cancellationToken">Cancelled when the connection ends.</param>
    ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken);
}
