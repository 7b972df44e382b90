using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>The directory that fake clusters share, by the rules of the one in Redis. Each call is one step, and asks a node at most.</summary>
internal sealed class FakeDirectory(TimeProvider clock)
{
    private readonly Dictionary<string, string> _claims = new(StringComparer.Ordinal);

    public Dictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Clients that have left, and when their last byte came.</summary>
    public Dictionary<string, (Entry Entry, DateTimeOffset? LastByte)> Ended { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ReadOnlyMemory<byte>> Deliveries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, List<ClusterHeldMessage>> Held { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, FakeCluster> Nodes { get; } = new(StringComparer.Ordinal);

    public ClusterEntry Enter(FakeCluster node, ClusterHello hello)
    {
        if (!TryClaim(hello.TokenFingerprint, node, hello.ConnectionId)) return new ClusterEntry(ClusterEntryKind.Replayed);
        var known = Entries.GetValueOrDefault(hello.ClientId);
        if (known is not null && hello.Instance is not null && known.Member.Instance == hello.Instance && hello.Attempt >= 0 && hello.Attempt < known.Member.Attempt)
        {
            return new ClusterEntry(ClusterEntryKind.Abandoned);
        }

        var previous = known is not null ? Previous(known, isConnected: true, null)
            : Ended.TryGetValue(hello.ClientId, out var ended) ? Previous(ended.Entry, isConnected: false, ended.LastByte) : null;
        var generation = Math.Max(Math.Max((previous?.Generation ?? 0) + 1, clock.GetUtcNow().ToUnixTimeMilliseconds()), hello.Floor);
        Entries[hello.ClientId] = new Entry(node, node.Self.Epoch, clock.GetUtcNow(), new ClusterMember(hello.ClientId, generation, hello.ConnectionId)
        {
            Session = hello.Resume is not null && hello.Resume == previous?.Session ? hello.Resume : hello.NewSession,
            Instance = hello.Instance,
            Attempt = hello.Attempt,
            Reconnects = previous is null ? 0 : previous.Reconnects + 1,
        });
        Ended.Remove(hello.ClientId);
        var delivery = known is not null && known.Node != node && !known.Node.IsCut ? known.Node.Clients.TakeOver(hello.ClientId, known.Member.Generation, hello.Instance, mayRetry: false) : default;
        if (delivery.IsEmpty) Deliveries.Remove(hello.ClientId, out delivery);
        Held.Remove(hello.ClientId, out var held);
        return new ClusterEntry(ClusterEntryKind.Entered) { Generation = generation, Previous = previous, Kept = new ClusterKept { Delivery = delivery, Held = held ?? [] } };
    }

    public void Leave(FakeCluster node, ClusterDeparture departure)
    {
        var (id, generation) = (departure.Member.ClientId, departure.Member.Generation);
        if (!departure.Delivery.IsEmpty) Deliveries[id] = departure.Delivery;
        if (!Entries.TryGetValue(id, out var entry) || entry.Epoch != node.Self.Epoch || entry.Member.Generation != generation) return;
        Entries.Remove(id);
        Ended[id] = (entry, clock.GetUtcNow() - departure.LastByteAge);
    }

    public void Restore(FakeCluster node, ClusterMember member)
    {
        var (id, generation) = (member.ClientId, member.Generation);
        if (member.IsUnclaimed && !TryClaim(member.TokenFingerprint, node, member.ConnectionId))
        {
            node.Clients.Close(id, generation, CloseReason.TokenInvalid, retry: false);
            return;
        }

        var since = clock.GetUtcNow() - member.ConnectedFor;
        if (Entries.TryGetValue(id, out var entry) && !(entry.Node == node && entry.Member.ConnectionId == member.ConnectionId))
        {
            var isSameInstance = member.Instance is not null && entry.Member.Instance == member.Instance && member.Attempt != entry.Member.Attempt;
            var wins = isSameInstance ? member.Attempt > entry.Member.Attempt : (since, generation).CompareTo((entry.Since, entry.Member.Generation)) > 0;
            if (!wins)
            {
                node.Clients.Close(id, generation, CloseReason.Replaced, retry: true);
                return;
            }

            entry.Node.Clients.Close(id, entry.Member.Generation, CloseReason.Replaced, retry: true);
        }

        Entries[id] = new Entry(node, node.Self.Epoch, since, member);
        Deliveries.Remove(id, out var delivery);
        Held.Remove(id, out var held);
        node.Clients.Restored(id, generation, new ClusterKept { Delivery = delivery, Held = held ?? [] });
    }

    /// <summary>A node's lease has lapsed: its entries are removed.</summary>
    public void Reap(string epoch)
    {
        foreach (var (id, entry) in Entries.Where(e => e.Value.Epoch == epoch).ToList())
        {
            Entries.Remove(id);
            Ended[id] = (entry, null);
        }
    }

    private bool TryClaim(string? fingerprint, FakeCluster node, string connectionId)
    {
        var claim = $"{node.Self.Name}/{connectionId}";
        return fingerprint is null || _claims.TryAdd(fingerprint, claim) || _claims[fingerprint] == claim;
    }

    private ClusterPrevious Previous(Entry entry, bool isConnected, DateTimeOffset? lastByte) =>
        new(entry.Epoch, entry.Member.ConnectionId, entry.Member.Session, entry.Member.Generation)
        {
            WasConnected = isConnected,
            Instance = entry.Member.Instance,
            LastByteAge = lastByte is { } at ? clock.GetUtcNow() - at : null,
            Reconnects = entry.Member.Reconnects,
        };

    internal sealed record Entry(FakeCluster Node, string Epoch, DateTimeOffset Since, ClusterMember Member);
}
