using System.Text.Json;
using HeartbeatGateway.Api.Clients;

namespace HeartbeatGateway.Cluster;

/// <summary>Merges the ordered lists of nodes into one page. Each node's list goes on after the last of its entries that the page took, so no entry is lost or doubled.</summary>
internal static class ListMerge
{
    /// <summary>Makes a page.</summary>
    /// <param name="lists">The nodes' parts.</param>
    /// <param name="limit">The largest number of entries.</param>
    /// <param name="isDescending">Larger orders come first.</param>
    /// <param name="before">The positions that the parts began after.</param>
    public static MergedPage Merge(IReadOnlyList<ListAnswer> lists, int limit, bool isDescending, IReadOnlyDictionary<string, ClientPosition> before)
    {
        // Equal orders go by node, so that a page is the same each time.
        var heads = new PriorityQueue<int, (long Order, string Run)>(Comparer<(long Order, string Run)>.Create((a, b) =>
            a.Order != b.Order ? (isDescending ? b.Order.CompareTo(a.Order) : a.Order.CompareTo(b.Order)) : string.CompareOrdinal(a.Run, b.Run)));
        var taken = new int[lists.Count];
        for (var i = 0; i < lists.Count; i++) Offer(i);
        var entries = new List<JsonElement>(limit);
        var positions = new Dictionary<string, ClientPosition>(before, StringComparer.Ordinal);
        while (entries.Count < limit && heads.TryDequeue(out var i, out _))
        {
            var entry = lists[i].Entries[taken[i]++];
            entries.Add(entry.Entry);
            positions[lists[i].Run] = entry.Position;
            Offer(i);
        }

        var hasMore = heads.Count > 0 || lists.Any(list => list.HasMore);
        return new MergedPage(entries, hasMore ? positions : null);

        void Offer(int i)
        {
            if (taken[i] < lists[i].Entries.Count) heads.Enqueue(i, (lists[i].Entries[taken[i]].Order, lists[i].Run));
        }
    }
}

/// <summary>A page of several nodes' entries.</summary>
/// <param name="Entries">The entries, in order.</param>
/// <param name="Next">Where each node's list goes on, by the run of its process; null on the last page.</param>
internal sealed record MergedPage(IReadOnlyList<JsonElement> Entries, IReadOnlyDictionary<string, ClientPosition>? Next);
