using System.Buffers;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Api.Presence;

/// <summary>Writes the presence events of all nodes to readers. Their numbers are those of this node, so a reader resumes at the node that it has read from.</summary>
internal sealed class ClusterEventStream(IHeartbeatGateway gateway, ApiKeyRing keys, StreamEventId ids, ClusterEventLog log, TimeProvider timeProvider)
    : NumberedStream<NumberedClusterEvent>(gateway, keys, ids, timeProvider)
{
    private readonly StreamEventId _ids = ids;

    protected override long Last => log.Last;

    protected override long Oldest => log.Oldest;

    protected override IAsyncEnumerable<NumberedClusterEvent> Follow(long after, CancellationToken cancellationToken) => log.FollowAsync(after, cancellationToken);

    protected override bool IsGap(Exception exception) => exception is ClusterGapException;

    protected override void Append(ArrayBufferWriter<byte> buffer, NumberedClusterEvent e) =>
        ServerSentReader.Append(buffer, e.Event.Change, _ids.Write(e.Sequence), PresenceMessage.Of(e), ApiJson.Default.PresenceMessage);
}
