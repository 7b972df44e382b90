using System.Net;

namespace HeartbeatGateway.Server.Messages;

/// <summary>An application frame from a client, as a sink receives it. Owns its bytes.</summary>
public sealed class GatewayMessage
{
    /// <summary>The client that sent it; null for a client that has not sent a hello.</summary>
    public required string? ClientId { get; init; }

    /// <summary>The connection that it came on.</summary>
    public required ConnectionId ConnectionId { get; init; }

    /// <summary>The peer's address.</summary>
    public required EndPoint? RemoteEndPoint { get; init; }

    /// <summary>The frame's type: text of a peer, to be escaped before it is shown.</summary>
    public required string Type { get; init; }

    /// <summary>The content: bytes of a peer.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>When the gateway read it.</summary>
    public DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The instance of the client that sent it; null when its hello named none.</summary>
    public string? Instance { get; init; }

    /// <summary>
    /// The number that its client gave it; null without one. A client sends a message again, under its number, until the gateway has acknowledged it: client id,
    /// instance and number together name a message.
    /// </summary>
    public long? Number { get; init; }

    /// <summary>
    /// It may have reached the sink before: its client sent it on an earlier connection, of which the gateway has no record, or the sink gave it up.
    /// </summary>
    public bool IsRedelivered { get; init; }

    /// <summary>Receives the verdict; null when the client waits for no acknowledgement.</summary>
    internal Action<MessageVerdict>? Settled { get; set; }

    /// <summary>Counts the verdict of a deferred message; null when nothing does.</summary>
    internal IReceiptKeeper? Keeper { get; set; }

    /// <summary>The receipt of a deferred message; null while it is not deferred.</summary>
    internal MessageReceipt? Receipt { get; private set; }

    /// <summary>The sink settles the message itself; otherwise the end of <see cref="IMessageSink.AcceptAsync"/> means that it is accepted.</summary>
    internal bool IsDeferred => Receipt is not null;

    /// <summary>
    /// The sink will decide later. Called once, before <see cref="IMessageSink.AcceptAsync"/> completes. The end of that call then means only that the sender may
    /// go on.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    public MessageReceipt Defer()
    {
        if (IsDeferred) throw new InvalidOperationException("The message was deferred before.");
        return Receipt = new MessageReceipt(Settled, Keeper);
    }

    /// <summary>The same message for one of several sinks, which may defer it for itself. Shares the bytes.</summary>
    /// <param name="settled">Receives that sink's verdict, when the sink defers; null when no verdict is wanted.</param>
    internal GatewayMessage CopyFor(Action<MessageVerdict>? settled)
    {
        var copy = (GatewayMessage)MemberwiseClone();
        (copy.Settled, copy.Keeper, copy.Receipt) = (settled, null, null);
        return copy;
    }
}
