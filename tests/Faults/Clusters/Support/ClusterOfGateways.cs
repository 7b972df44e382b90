using System.Net;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>Gateways that share one Redis.</summary>
internal sealed class ClusterOfGateways : IAsyncDisposable
{
    private readonly List<GatewayNode> _nodes;

    private ClusterOfGateways(List<GatewayNode> nodes) => _nodes = nodes;

    public IReadOnlyList<GatewayNode> Nodes => _nodes;

    public IEnumerable<GatewayNode> Running => _nodes.Where(n => n.IsRunning);

    public IReadOnlyList<IPEndPoint> EndPoints => [.. _nodes.Select(n => n.EndPoint)];

    public GatewayNode this[int node] => _nodes[node];

    /// <summary>A setting for the length of a lease.</summary>
    public static (string Name, string? Value) Lease(TimeSpan lease) => ("Gateway__Redis__Lease", $"{lease}");

    public static Task<ClusterOfGateways> StartAsync(int nodes, string redis, params (string Name, string? Value)[] settings) =>
        StartAsync([.. Enumerable.Range(0, nodes).Select(_ => (IReadOnlyList<(string, string?)>)[("Gateway__Redis__Configuration", redis), .. settings])]);

    /// <param name="settings">The settings of each node.</param>
    public static async Task<ClusterOfGateways> StartAsync(IReadOnlyList<IReadOnlyList<(string Name, string? Value)>> settings)
    {
        var cluster = new ClusterOfGateways([.. settings.Select((s, i) => new GatewayNode($"node-{i + 1}", s))]);
        try
        {
            await Task.WhenAll(cluster._nodes.Select(n => n.StartAsync()));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The sum of a metric over the nodes that run.</summary>
    public async Task<double> MetricAsync(string series)
    {
        var values = await Task.WhenAll(Running.Select(n => n.MetricAsync(series)));
        return values.Sum();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }
}
