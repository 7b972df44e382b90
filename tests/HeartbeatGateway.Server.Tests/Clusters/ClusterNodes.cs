using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>Some engines of one fake cluster, without idle timeouts. The directory has the clock of the first; the dates of the others may differ.</summary>
internal sealed class ClusterNodes : IDisposable
{
    private readonly List<EngineHarness> _engines = [];
    private readonly List<FakeCluster> _clusters = [];

    public ClusterNodes(int count = 2, Action<GatewayOptions>? configure = null, IClientAuthorizer? authorizer = null)
    {
        Directory = new FakeDirectory(Clock);
        for (var i = 0; i < count; i++)
        {
            var cluster = new FakeCluster(Directory, $"node-{i}");
            var engine = new EngineHarness(
                o =>
                {
                    (o.Heartbeat.ReaderIdle, o.Reconnects.Window, o.Admission.HandshakeTimeout) = (TimeSpan.Zero, TimeSpan.FromMinutes(2), TimeSpan.FromHours(1));
                    configure?.Invoke(o);
                },
                authorizer: authorizer,
                cluster: cluster);
            engine.Engine.Start();
            _engines.Add(engine);
            _clusters.Add(cluster);
        }
    }

    public SteppedTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    public FakeDirectory Directory { get; }

    public EngineHarness this[int node] => _engines[node];

    public FakeCluster Cluster(int node = 0) => _clusters[node];

    public void Advance(TimeSpan time)
    {
        Clock.Advance(time);
        foreach (var engine in _engines) engine.Advance(time);
    }

    /// <summary>A client whose hello is sent; what it is answered is not read.</summary>
    public async Task<InMemoryClient> SendHelloAsync(int node, HelloPayload? hello = null)
    {
        var client = this[node].Connect();
        await client.HelloAsync(hello ?? EngineHarness.Hello());
        return client;
    }

    public Task<(InMemoryClient Client, WelcomePayload Welcome)> IdentifiedAsync(int node, HelloPayload? hello = null) => this[node].IdentifiedAsync(hello);

    /// <summary>Fails unless the directory is the sum of the nodes' tables.</summary>
    public void AssertExact()
    {
        var members = _clusters.SelectMany(c => c.Clients.Members().Select(m => (m.ClientId, m.Generation, m.ConnectionId, m.Session, c.Self.Epoch))).Order().ToList();
        Assert.Equal(members, Directory.Entries.Values.Select(e => (e.Member.ClientId, e.Member.Generation, e.Member.ConnectionId, e.Member.Session, e.Epoch)).Order());
    }

    public void Dispose()
    {
        foreach (var engine in _engines) engine.Dispose();
    }
}
