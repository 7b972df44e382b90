using System.Buffers;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Api.Deliveries;

/// <summary>Writes the ends of numbered messages to readers.</summary>
internal sealed class DeliveryStream(IHeartbeatGateway gateway, ApiKeyRing keys, StreamEventId ids, TimeProvider timeProvider)
    : NumberedStream<DeliveryEvent>(gateway, keys, ids, timeProvider)
{
    private readonly IHeartbeatGateway _gateway = gateway;
    private readonly StreamEventId _ids = ids;

    protected override long Last => _gateway.LastDelivery;

    protected override long Oldest => _gateway.OldestDelivery;

    protected override IAsyncEnumerable<DeliveryEvent> Follow(long after, CancellationToken cancellationToken) => _gateway.FollowDeliveriesAsync(after, cancellationToken);

    protected override bool IsGap(Exception exception) => exception is DeliveryGapException;

    protected override void Append(ArrayBufferWriter<byte> buffer, DeliveryEvent e) =>
        ServerSentReader.Append(buffer, DeliveryMessage.NameOf(e.Result), _ids.Write(e.Sequence), DeliveryMessage.Of(e), ApiJson.Default.DeliveryMessage);
}
