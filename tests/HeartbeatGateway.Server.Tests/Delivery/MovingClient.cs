using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>A client with the feature <c>ack</c> that moves between nodes, and remembers what the protocol asks it to.</summary>
internal sealed class MovingClient(LinkedNodes nodes, string clientId = "pump-17")
{
    private static long _generation;
    private DeliverySession? _session;
    private int _node;

    public List<string> Received { get; } = [];

    public string? Pushes { get; private set; }

    public long Last { get; private set; }

    public FakeDeliveryConnection Connection { get; private set; } = null!;

    public DeliverySession Session => _session!;

    public bool IsConnected => _session is not null;

    /// <summary>Connects to a node, which takes over from the present one.</summary>
    public void Connect(int node)
    {
        if (_session is not null && node != _node)
        {
            var state = _session.Client.GiveUp(nodes[_node].Time.GetTimestamp());
            if (!state.IsEmpty) nodes.Directory.Deliveries[clientId] = state;
        }

        var (old, oldNode) = (_session, _node);
        var engine = nodes.Engine(node);
        var now = nodes[node].Time.GetTimestamp();
        var kept = nodes.Directory.Take(clientId);
        if (!kept.IsEmpty) engine.Deliveries.GetOrAdd(clientId, now).Adopt(kept, now);
        Connection = new FakeDeliveryConnection(nodes[node].Options.Outbound.MaxPendingBytes);
        var generation = Interlocked.Increment(ref _generation);
        _session = new DeliverySession(engine.Deliveries.Enter(clientId, now), Connection, "instance-a", 0) { Generation = generation };
        _node = node;
        nodes.Directory.Entries[clientId] = (nodes.Clusters[node], new ClusterMember(clientId, generation, "1") { Session = "" });
        if (_session.Pushes != Pushes) (Pushes, Last) = (_session.Pushes, 0);
        Assert.True(_session.Client.Attach(_session, Last));
        if (old is not null) End(old, oldNode);
    }

    /// <summary>The connection breaks; what is kept goes to the directory.</summary>
    public void Cut()
    {
        if (_session is not { } session) return;
        End(session, _node);
        var state = session.Client.GiveUp(nodes[_node].Time.GetTimestamp());
        if (!state.IsEmpty) nodes.Directory.Deliveries[clientId] = state;
        nodes.Directory.Entries.Remove(clientId);
        _session = null;
    }

    public void Read(int frames = int.MaxValue)
    {
        for (; frames > 0 && _session is not null && Connection.Read() is { } frame; frames--)
        {
            if (frame.Number <= Last) continue;
            Last = frame.Number;
            Received.Add(frame.Content);
        }
    }

    public void Acknowledge() => _session?.Client.Outbox.Acknowledge(Connection, Last);

    private void End(DeliverySession session, int node)
    {
        ((FakeDeliveryConnection)session.Connection).HasEnded = true;
        session.Client.Detach(session);
        if (session.TryRelease()) nodes.Engine(node).Deliveries.Leave(session.Client, nodes[node].Time.GetTimestamp());
    }
}
