using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>
/// Every order of the hello, the end, its detection and the clean-up of an old and a new connection of one identity. Each order is
/// compared step by step with <see cref="IdentityModel"/>.
/// </summary>
public sealed class InterleavingTests
{
    private enum Step
    {
        OldHello,
        NewHello,
        OldEnds,
        NewEnds,
        OldNoticed,
        NewNoticed,
        OldCleanedUpLate,
    }

    [Fact]
    public async Task In_the_directory_every_order_of_seven_events_ends_as_the_protocol_says()
    {
        using var bench = new DirectoryBench(maxRemembered: 1_000_000);
        var orders = ConnectionPairs.Orders(Enum.GetValues<Step>()).Where(MakesSense).ToList();
        var runs = 0;
        foreach (var (oldPeer, newPeer) in ConnectionPairs.Pairs())
        {
            foreach (var order in orders) await CheckDirectoryAsync(bench, $"c{++runs}", order, oldPeer, newPeer);
        }

        Assert.True(runs > 10_000, $"Only {runs} orders were tried.");

        // An end cannot be noticed before it happens. A late clean-up can come at any time.
        static bool MakesSense(Step[] order) =>
            Array.IndexOf(order, Step.OldEnds) < Array.IndexOf(order, Step.OldNoticed) && Array.IndexOf(order, Step.NewEnds) < Array.IndexOf(order, Step.NewNoticed);
    }

    [Fact]
    public async Task On_connections_every_order_of_five_events_ends_as_the_protocol_says()
    {
        var orders = ConnectionPairs.Orders(Step.OldHello, Step.NewHello, Step.OldEnds, Step.NewEnds, Step.OldCleanedUpLate).Where(MakesSense).ToList();
        Assert.Equal(30, orders.Count);
        foreach (var (oldPeer, newPeer) in ConnectionPairs.Pairs())
        {
            using var gateway = new EngineHarness(o => (o.Heartbeat.ReaderIdle, o.Reconnects.Window) = (TimeSpan.Zero, TimeSpan.FromDays(1.0)));
            for (var i = 0; i < orders.Count; i++) await CheckConnectionsAsync(gateway, $"c{i}", orders[i], oldPeer, newPeer);
            Assert.Equal(0, gateway.Engine.OpenConnections);
            gateway.AssertBalanced();
        }

        // A client that has closed its side sends no hello.
        static bool MakesSense(Step[] order) =>
            Array.IndexOf(order, Step.OldHello) < Array.IndexOf(order, Step.OldEnds) && Array.IndexOf(order, Step.NewHello) < Array.IndexOf(order, Step.NewEnds);
    }

    private static async Task CheckDirectoryAsync(DirectoryBench bench, string clientId, Step[] order, IdentityModel.Peer oldPeer, IdentityModel.Peer newPeer)
    {
        var model = new IdentityModel();
        var (old, current) = (bench.Connection(), bench.Connection());
        var before = bench.Log.LastSequence;
        var lastGeneration = 0L;
        foreach (var step in order)
        {
            switch (step)
            {
                case Step.OldHello:
                    Enter(old, oldPeer);
                    break;
                case Step.NewHello:
                    Enter(current, newPeer);
                    break;
                case Step.OldEnds:
                    old.Close(new CloseRequest(CloseReason.PeerReset));
                    break;
                case Step.NewEnds:
                    current.Close(new CloseRequest(CloseReason.PeerReset));
                    break;
                case Step.OldNoticed or Step.OldCleanedUpLate:
                    // Before the end there is nothing to notice or to clean up.
                    if (old.HasEnded) Leave(old, oldPeer);
                    break;
                default:
                    Leave(current, newPeer);
                    break;
            }

            var expected = model.Current is null ? null : model.Current == oldPeer ? old : current;
            Assert.True(bench.Directory.Find(clientId) == expected, Explain("lookup is wrong", step));
            Assert.True(bench.Log.LastSequence - before == model.Events.Count, Explain("events are not those of the model", step));
        }

        var events = await bench.EventsAsync(before);
        Assert.True(model.Events.SequenceEqual(events.Select(e => (e.Change, e.Client.Generation == old.Session?.Generation ? "old" : "new"))), Explain("events differ", order[^1]));
        Assert.True(model.Current is null == (bench.Directory.Find(clientId) is null), Explain("model and directory differ in whether a connection is left", order[^1]));

        void Enter(GatewayConnection connection, IdentityModel.Peer peer)
        {
            var (isGhost, replaced, _) = model.Hello(peer);
            if (!isGhost && connection.HasEnded) model.Ended(peer);
            var registration = bench.Enter(connection, EngineHarness.Hello(clientId, peer.Instance, peer.Attempt));
            Assert.True(registration.Session is null == isGhost, Explain("ghost or not", default));
            Assert.True(registration.Replaced == (replaced is null ? null : replaced == oldPeer ? old : current), Explain("the wrong one is replaced", default));
            if (isGhost) return;
            Assert.True(registration.Session!.Generation > lastGeneration, Explain("generation does not rise", default));
            lastGeneration = registration.Session.Generation;
        }

        void Leave(GatewayConnection connection, IdentityModel.Peer peer)
        {
            bench.Directory.Leave(connection, 0);
            model.Ended(peer);
        }

        string Explain(string what, Step at) => $"{what} at {at} of {string.Join(", ", order)}; {oldPeer}; {newPeer}";
    }

    private static async Task CheckConnectionsAsync(EngineHarness gateway, string clientId, Step[] order, IdentityModel.Peer oldPeer, IdentityModel.Peer newPeer)
    {
        var model = new IdentityModel();
        var (old, current) = (new Actor(gateway, clientId, oldPeer), new Actor(gateway, clientId, newPeer));
        var before = gateway.Engine.TakePresenceSnapshot().Sequence;
        var reconnects = gateway.Reconnects();
        foreach (var step in order)
        {
            switch (step)
            {
                case Step.OldHello:
                    await HelloAsync(old, current);
                    break;
                case Step.NewHello:
                    await HelloAsync(current, old);
                    break;
                case Step.OldEnds:
                    await old.Client.DisconnectAsync();
                    model.Ended(oldPeer);
                    break;
                case Step.NewEnds:
                    await current.Client.DisconnectAsync();
                    model.Ended(newPeer);
                    break;
                default:
                    // After a close frame the gateway waits two seconds for the peer to close, then cleans up without it.
                    if (old.Expected is not null) await old.Client.CleanedUpByGatewayAsync(gateway);
                    break;
            }

            var expected = model.Current is null ? null : model.Current == oldPeer ? old : current;
            Assert.Equal(expected?.Generation, gateway.Engine.FindClient(clientId)?.Generation);
            Assert.Equal(before + model.Events.Count, gateway.Engine.TakePresenceSnapshot().Sequence);
        }

        var events = await gateway.EventsAsync(before);
        Assert.Equal(model.Events, events.Select(e => (e.Change, e.Client.Generation == old.Generation ? "old" : "new")));
        Assert.Equal(reconnects + events.Count(e => e.Change is PresenceChange.Replaced or PresenceChange.Reconnected), gateway.Reconnects());
        foreach (var actor in new[] { old, current }) actor.CheckClose();

        async Task HelloAsync(Actor actor, Actor other)
        {
            var (isGhost, replaced, mayRetry) = model.Hello(actor.Peer);
            if (replaced is not null) other.Expected = mayRetry;
            await actor.HelloAsync(isGhost);
            if (!isGhost && other.Generation is { } earlier) Assert.True(actor.Generation > earlier);
        }
    }

    /// <summary>A client and the close frame that it must get.</summary>
    private sealed class Actor(EngineHarness gateway, string clientId, IdentityModel.Peer peer)
    {
        public InMemoryClient Client { get; } = gateway.Connect();

        public IdentityModel.Peer Peer { get; } = peer;

        public long? Generation { get; private set; }

        /// <summary>The retry of the close frame that it must get; null for none.</summary>
        public bool? Expected { get; set; }

        public async Task HelloAsync(bool isGhost)
        {
            await Client.HelloAsync(EngineHarness.Hello(clientId, Peer.Instance, Peer.Attempt));
            if (isGhost) Expected = true;
            else Generation = (await Client.ReadWelcomeAsync()).Generation;
        }

        public void CheckClose()
        {
            var frames = Client.TakeFrames();
            if (Expected is not { } retry) Assert.Empty(frames);
            else Assert.Contains($"\"reason\":\"replaced\",\"retry\":{(retry ? "true" : "false")}", Assert.Single(frames).Content, StringComparison.Ordinal);
        }
    }
}
