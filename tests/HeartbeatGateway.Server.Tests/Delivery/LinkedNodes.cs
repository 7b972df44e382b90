using System.Text;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Some engines of one cluster, whose clients the test plays.</summary>
internal sealed class LinkedNodes : IDisposable
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);
    private readonly List<EngineHarness> _nodes = [];

    public LinkedNodes(int count = 2, Action<GatewayOptions>? configure = null)
    {
        for (var i = 0; i < count; i++)
        {
            var cluster = new LinkedCluster(Directory, $"{i}");
            Clusters.Add(cluster);
            var node = new EngineHarness(
                o =>
                {
                    o.Heartbeat.ReaderIdle = TimeSpan.Zero;
                    configure?.Invoke(o);
                },
                cluster: cluster);
            node.Engine.Start();
            _nodes.Add(node);
        }
    }

    public LinkedDirectory Directory { get; } = new();

    public List<LinkedCluster> Clusters { get; } = [];

    public int Count => _nodes.Count;

    public EngineHarness this[int node] => _nodes[node];

    public GatewayEngine Engine(int node) => _nodes[node].Engine;

    public Task<MessageDelivery> DeliverAsync(int node, string content, TimeSpan? ttl = null, string clientId = "pump-17") =>
        Engine(node).DeliverAcrossNodesAsync(clientId, "order", Encoding.UTF8.GetBytes(content), ttl, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Time passes everywhere, with a sweep each second.</summary>
    public void Advance(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            foreach (var node in _nodes)
            {
                node.Time.Advance(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
                node.Engine.Outboxes.Sweep();
            }
        }
    }

    /// <summary>Waits until the result of a message is final. Fails after a long time.</summary>
    public static async Task<DeliveryResult> EndAsync(MessageDelivery delivery) => await delivery.Settled.WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        foreach (var node in _nodes) node.Dispose();
    }
}
