using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>What holds after every fault: the directory is the sum of the nodes' tables, no client is on two nodes, and nothing of a lost node stays.</summary>
internal static class ClusterChecks
{
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(45);

    /// <summary>Waits until all of it holds.</summary>
    /// <param name="cluster">The gateways; those that do not run must have left nothing.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="clients">The number of connected clients with an id.</param>
    /// <param name="within">How long to wait at most; null for the time of a slow sweep and a comparison.</param>
    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> AssertWholeAsync(ClusterOfGateways cluster, ClusterDirectory directory, int clients, TimeSpan? within = null)
    {
        var fault = "";
        var took = await Waiting.UntilAsync(
            async () => (fault = await FindFaultAsync(cluster, directory, clients)).Length == 0, () => fault, within ?? Default);
        foreach (var node in cluster.Running) GatewayProcess.AssertBalanced(await node.Process.ScrapeAsync());
        Waiting.Write($"directory = sum of the tables ({clients} clients) after {took.TotalSeconds:0.0} s");
        return took;
    }

    /// <summary>A client is not connected after this event.</summary>
    public static bool IsEnd(string change) => change is "disconnected" or "node_lost";

    /// <summary>The events of each client alternate: it begins, may be replaced, and ends. Holds while Redis loses nothing and its streams are not cut.</summary>
    /// <returns>The last change of each client.</returns>
    public static Dictionary<string, string> AssertAlternating(IEnumerable<DirectoryEvent> events)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var e in events)
        {
            var isConnected = last.TryGetValue(e.ClientId, out var change) && !IsEnd(change);
            // A start is the only event of a client that is not connected.
            Assert.True(isConnected == (IsEnd(e.Change) || e.Change == "replaced"), $"{e.ClientId}: {e.Change} (generation {e.Fields["g"]}) follows {change ?? "nothing"}.");
            last[e.ClientId] = e.Change;
        }

        return last;
    }

    /// <summary>The first difference; empty for none.</summary>
    private static async Task<string> FindFaultAsync(ClusterOfGateways cluster, ClusterDirectory directory, int clients)
    {
        var entries = await directory.ReadAsync();
        var tables = new Dictionary<string, (string Node, string Connection)>(StringComparer.Ordinal);
        foreach (var node in cluster.Running)
        {
            foreach (var (id, connection) in await node.ListAsync())
            {
                if (!tables.TryAdd(id, (node.Name, connection))) return $"{id} is connected to {tables[id].Node} and to {node.Name}";
            }
        }

        if (tables.Count != clients) return $"{tables.Count} clients are connected, not {clients}";
        var missing = tables.Where(t => !entries.ContainsKey(t.Key)).ToList();
        if (missing.Count > 0) return $"{missing.Count} clients are not in the directory, such as {missing[0].Key} of {missing[0].Value.Node}";
        var stale = entries.Values.Where(e => !tables.ContainsKey(e.ClientId)).ToList();
        if (stale.Count > 0) return $"{stale.Count} entries belong to no client, such as {stale[0]}";
        var wrong = entries.Values.Where(e => tables[e.ClientId] != (e.Node, e.ConnectionId)).ToList();
        if (wrong.Count > 0) return $"{wrong.Count} entries are wrong, such as {wrong[0]}, which is {tables[wrong[0].ClientId]}";

        var leases = await directory.LeasesAsync();
        if (leases.Count != cluster.Running.Count()) return $"{leases.Count} epochs have a lease, and {cluster.Running.Count()} nodes run";
        if (entries.Values.FirstOrDefault(e => !leases.Contains(e.Epoch)) is { } lapsed) return $"the epoch of {lapsed} has no lease";
        var sets = await directory.EntriesByEpochAsync();
        var lost = sets.Where(s => s.Value > 0 && !leases.Contains(s.Key)).ToList();
        if (lost.Count > 0) return $"the set of entries of epoch {lost[0].Key}, which has no lease, still has {lost[0].Value} ids";
        return sets.Values.Sum() == entries.Count ? "" : $"the sets of entries hold {sets.Values.Sum()} ids, the directory {entries.Count}";
    }
}
