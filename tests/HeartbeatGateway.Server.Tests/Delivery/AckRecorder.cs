using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Outbound;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>A connection that records its acknowledgements and how it was closed.</summary>
internal sealed class AckRecorder : IDeliveryConnection
{
    public ConnectionId Id => default;

    public bool HasEnded => false;

    public int PendingBytes => 0;

    public List<long> Acks { get; } = [];

    public CloseRequest? Closed { get; private set; }

    public OutboundResult SendNumbered(ReadOnlyMemory<byte> type, ReadOnlyMemory<byte> content, long number) => OutboundResult.Accepted;

    public void SendAck(long number)
    {
        lock (Acks) Acks.Add(number);
    }

    public void QueueAck(long number) => SendAck(number);

    public bool Close(in CloseRequest request)
    {
        Closed = request;
        return true;
    }
}
