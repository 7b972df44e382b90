using System.Collections.Concurrent;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Connected clients that were welcomed without the directory, until it has claimed their tokens. At most one for each client of the node.</summary>
internal sealed class UnclaimedMembers
{
    private readonly ConcurrentDictionary<string, ClusterMember> _members = new(StringComparer.Ordinal);

    public int Count => _members.Count;

    public void Add(ClusterMember member) => _members[member.ClientId] = member;

    /// <summary>The connection has ended, or its token is claimed.</summary>
    public void Remove(ClusterMember member)
    {
        if (_members.TryGetValue(member.ClientId, out var known) && known.ConnectionId == member.ConnectionId) _members.TryRemove(new(member.ClientId, known));
    }

    /// <summary>The member with what its claim needs, if its token is not claimed.</summary>
    public ClusterMember Complete(ClusterMember member) => _members.TryGetValue(member.ClientId, out var known) && known.ConnectionId == member.ConnectionId
        ? member with { IsUnclaimed = true, TokenFingerprint = known.TokenFingerprint, ClaimFor = known.ClaimFor }
        : member;
}
