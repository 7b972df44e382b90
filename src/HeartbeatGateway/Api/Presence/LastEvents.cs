using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Api.Presence;

/// <summary>The last event of the stream that this node's readers follow: of all nodes in a cluster, else of this gateway.</summary>
internal sealed class LastEvents(IHeartbeatGateway gateway, NodeQuestions nodes, ClusterEventLog log, StreamEventId ids)
{
    /// <summary>Its number; 0 before the first.</summary>
    public long Number => nodes.IsCluster ? log.Last : gateway.LastPresenceEvent;

    /// <summary>The id of an event, which the stream can be resumed by.</summary>
    public string IdOf(long number) => ids.Write(number);
}
