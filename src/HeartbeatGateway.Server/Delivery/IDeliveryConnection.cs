using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Outbound;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>A connection that was granted the feature <c>ack</c>, as delivery sees it.</summary>
internal interface IDeliveryConnection
{
    ConnectionId Id { get; }

    bool HasEnded { get; }

    /// <summary>Bytes accepted for the client and not yet taken by the transport.</summary>
    int PendingBytes { get; }

    /// <summary>Signs, dates and sends a numbered frame. Never waits.</summary>
    OutboundResult SendNumbered(ReadOnlyMemory<byte> type, ReadOnlyMemory<byte> content, long number);

    /// <summary>Sends an acknowledgement of the client's frames through a number.</summary>
    void SendAck(long number);

    /// <summary>Queues the acknowledgement behind the answers of the current read, with which it is flushed. Called by the read loop alone.</summary>
    void QueueAck(long number);

    bool Close(in CloseRequest request);
}
