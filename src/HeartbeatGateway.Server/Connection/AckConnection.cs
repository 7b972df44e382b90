using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Outbound;

namespace HeartbeatGateway.Server.Connection;

/// <summary>A connection with the feature <c>ack</c>, as delivery sees it. A separate object: other connections take no memory for it.</summary>
internal sealed class AckConnection(GatewayConnection connection, EngineContext context) : IDeliveryConnection
{
    private volatile bool _hasMissed;
    private int _isFlushing;

    public ConnectionId Id => connection.Id;

    public bool HasEnded => connection.HasEnded;

    public int PendingBytes => connection.Outbound.PendingBytes;

    /// <summary>An acknowledgement did not fit behind the pending bytes; the next one has to be sent although it acknowledges nothing more.</summary>
    public bool HasMissed => _hasMissed;

    public OutboundResult SendNumbered(ReadOnlyMemory<byte> type, ReadOnlyMemory<byte> content, long number)
    {
        var result = Queue(type.Span, content, number, isAnswer: false);
        // Callers hold a lock, and a flush can run code of the transport.
        if (result == OutboundResult.Accepted && Interlocked.Exchange(ref _isFlushing, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(static c => c.Flush(), this, preferLocal: false);
        return result;
    }

    public void SendAck(long number)
    {
        if (Acknowledge(number, isAnswer: false)) connection.Outbound.Flush(context.Now);
    }

    public void QueueAck(long number) => Acknowledge(number, isAnswer: true);

    public bool Close(in CloseRequest request) => connection.Close(request);

    private bool Acknowledge(long number, bool isAnswer)
    {
        var result = Queue(FrameKinds.Ack, default, number, isAnswer);
        _hasMissed = result == OutboundResult.Full;
        return result == OutboundResult.Accepted;
    }

    private OutboundResult Queue(ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long number, bool isAnswer) =>
        connection is { HasEnded: false, Signer: { } signer, Session: { } session }
            ? connection.Queue(signer.EncodeNumbered(type, content, context.UnixSeconds, new FrameNumber(number, session.Generation)), FrameKinds.Of(type), isAnswer)
            : OutboundResult.Ended;

    private void Flush()
    {
        Volatile.Write(ref _isFlushing, 0);
        connection.Outbound.Flush(context.Now);
    }
}
