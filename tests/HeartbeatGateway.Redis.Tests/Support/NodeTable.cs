using System.Collections.Concurrent;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>The clients of a node, as the engine has them. A closed one leaves the cluster, as in the engine.</summary>
internal sealed class NodeTable(TimeProvider timeProvider) : INodeClients
{
    private readonly ConcurrentDictionary<string, (ClusterMember Member, long At)> _members = new(StringComparer.Ordinal);

    public ICluster? Cluster { get; set; }

    public ConcurrentQueue<(string Id, CloseReason Reason, bool Retry)> Closed { get; } = new();

    public ConcurrentQueue<(string Id, string Delivery, string[] Held)> Given { get; } = new();

    /// <summary>What is not acknowledged, by client.</summary>
    public ConcurrentDictionary<string, string> Unacknowledged { get; } = new(StringComparer.Ordinal);

    public int Count => _members.Count;

    /// <summary>Registers a connection. Of two connections of a client the one with the higher generation stays.</summary>
    /// <returns>False when that is the other one.</returns>
    public bool Add(ClusterMember member)
    {
        var added = (member, timeProvider.GetTimestamp());
        while (true)
        {
            if (!_members.TryGetValue(member.ClientId, out var other))
            {
                if (_members.TryAdd(member.ClientId, added)) return true;
            }
            else if (other.Member.Generation >= member.Generation)
            {
                Closed.Enqueue((member.ClientId, CloseReason.Replaced, true));
                Cluster?.Leave(Departure(member, "replaced"));
                return false;
            }
            else if (_members.TryUpdate(member.ClientId, added, other))
            {
                // What is not acknowledged is the new connection's.
                Cluster?.Leave(Departure(other.Member, "replaced"));
                return true;
            }
        }
    }

    /// <summary>Ends a connection as a client does that goes.</summary>
    public void Remove(string clientId, string reason = "peer_closed")
    {
        if (_members.TryRemove(clientId, out var removed)) Leave(removed.Member, reason);
    }

    public IEnumerable<ClusterMember> Members() => _members.Values.Select(Aged);

    public ClusterMember? Find(string clientId) => _members.TryGetValue(clientId, out var found) ? Aged(found) : null;

    public bool Close(string clientId, long generation, CloseReason reason, bool retry)
    {
        if (!_members.TryGetValue(clientId, out var found) || found.Member.Generation != generation || !_members.TryRemove(new(clientId, found))) return false;
        Closed.Enqueue((clientId, reason, retry));
        Leave(found.Member, reason.ToWireName());
        return true;
    }

    public ReadOnlyMemory<byte> TakeOver(string clientId, long generation, string? instance, bool mayRetry)
    {
        if (!_members.TryGetValue(clientId, out var found) || found.Member.Generation != generation) return default;
        var state = Unacknowledged.TryRemove(clientId, out var text) ? Encoding.UTF8.GetBytes(text) : [];
        Close(clientId, generation, CloseReason.Replaced, mayRetry || (instance is not null && instance == found.Member.Instance));
        return state;
    }

    public bool Restored(string clientId, long generation, ClusterKept kept)
    {
        if (!_members.TryGetValue(clientId, out var found) || found.Member.Generation != generation) return false;
        Given.Enqueue((clientId, Encoding.UTF8.GetString(kept.Delivery.Span), [.. kept.Held.Select(h => Encoding.UTF8.GetString(h.Message.Span))]));
        return true;
    }

    private void Leave(ClusterMember member, string reason) => Cluster?.Leave(Departure(member, reason) with
    {
        KeepDeliveryFor = TimeSpan.FromMinutes(5),
        Delivery = Unacknowledged.TryRemove(member.ClientId, out var text) ? Encoding.UTF8.GetBytes(text) : default,
    });

    private static ClusterDeparture Departure(ClusterMember member, string reason) => new(member, reason) { RememberFor = TimeSpan.FromMinutes(5) };

    private ClusterMember Aged((ClusterMember Member, long At) entry) =>
        entry.Member with { ConnectedFor = entry.Member.ConnectedFor + timeProvider.GetElapsedTime(entry.At) };
}
