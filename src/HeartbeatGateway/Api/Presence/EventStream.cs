using System.Buffers;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Api.Presence;

/// <summary>Writes presence events to readers.</summary>
internal sealed class EventStream(IHeartbeatGateway gateway, ApiKeyRing keys, StreamEventId ids, TimeProvider timeProvider)
    : NumberedStream<PresenceEvent>(gateway, keys, ids, timeProvider)
{
    private readonly IHeartbeatGateway _gateway = gateway;
    private readonly StreamEventId _ids = ids;

    protected override long Last => _gateway.LastPresenceEvent;

    protected override long Oldest => _gateway.OldestPresenceEvent;

    protected override IAsyncEnumerable<PresenceEvent> Follow(long after, CancellationToken cancellationToken) => _gateway.FollowPresenceAsync(after, cancellationToken);

    protected override bool IsGap(Exception exception) => exception is PresenceGapException;

    protected override void Append(ArrayBufferWriter<byte> buffer, PresenceEvent e) =>
        ServerSentReader.Append(buffer, PresenceMessage.NameOf(e.Change), _ids.Write(e.Sequence), PresenceMessage.Of(e), ApiJson.Default.PresenceMessage);
}
