using System.Text;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Outbound;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>A connection with the feature <c>ack</c> whose client reads when the test says so.</summary>
internal sealed class FakeDeliveryConnection(int maxPendingBytes) : IDeliveryConnection
{
    private const int HeaderBytes = 158;

    private readonly Queue<(long Number, string Content)> _pending = new();

    public ConnectionId Id => default;

    public bool HasEnded { get; set; }

    public int PendingBytes { get; private set; }

    /// <summary>The most bytes that have been pending at the moment at which a further frame was sent.</summary>
    public int MostPendingBefore { get; private set; }

    /// <summary>Everything that was accepted, in order.</summary>
    public List<(long Number, string Content)> Sent { get; } = [];

    /// <summary>Runs within the next send, as the end of a connection does whose write fails.</summary>
    public Action? OnSend { get; set; }

    public OutboundResult SendNumbered(ReadOnlyMemory<byte> type, ReadOnlyMemory<byte> content, long number)
    {
        OnSend?.Invoke();
        if (HasEnded) return OutboundResult.Ended;
        var bytes = HeaderBytes + content.Length;
        if (PendingBytes + bytes > maxPendingBytes) return OutboundResult.Full;
        if (PendingBytes > 0) MostPendingBefore = Math.Max(MostPendingBefore, PendingBytes + bytes);
        PendingBytes += bytes;
        var frame = (number, Encoding.UTF8.GetString(content.Span));
        Sent.Add(frame);
        _pending.Enqueue(frame);
        return OutboundResult.Accepted;
    }

    /// <summary>The client reads the next frame; null when none is pending.</summary>
    public (long Number, string Content)? Read()
    {
        if (!_pending.TryDequeue(out var frame)) return null;
        PendingBytes -= HeaderBytes + Encoding.UTF8.GetByteCount(frame.Content);
        return frame;
    }

    public void SendAck(long number) => throw new NotSupportedException();

    public void QueueAck(long number) => throw new NotSupportedException();

    public bool Close(in CloseRequest request) => throw new NotSupportedException();
}
