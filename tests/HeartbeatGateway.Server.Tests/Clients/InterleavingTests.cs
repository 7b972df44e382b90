using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>
/// Every order in which an old and a new connection of one identity can say hello, end, be noticed and be cleaned up, each
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
    public async Task In_the_books_every_order_of_seven_events_ends_as_the_protocol_says()
    {
        using var bench = new DirectoryBench(maxRemembered: 1_000_000);
        var orders = Meetings.Orders(Enum.GetValues<Step>()).Where(MakesSense).ToList();
        var runs = 0;
        foreach (var (oldVisitor, newVisitor) in Meetings.Pairs())
        {
            foreach (var order in orders) await CheckBooksAsync(bench, $"c{++runs}", order, oldVisitor, newVisitor);
        }

        Assert.True(runs > 10_000, $"Only {runs} orders were tried.");

        // Nobody notices an end before it happened. A late clean-up may come whenever it likes.
        static bool MakesSense(Step[] order) =>
            Array.IndexOf(order, Step.OldEnds) < Array.IndexOf(order, Step.OldNoticed) && Array.IndexOf(order, Step.NewEnds) < Array.IndexOf(order, Step.NewNoticed);
    }

    [Fact]
    public async Task On_connections_every_order_of_five_events_ends_as_the_protocol_says()
    {
        var orders = Meetings.Orders(Step.OldHello, Step.NewHello, Step.OldEnds, Step.NewEnds, Step.OldCleanedUpLate).Where(MakesSense).ToList();
        Assert.Equal(30, orders.Count);
        foreach (var (oldVisitor, newVisitor) in Meetings.Pairs())
        {
            using var gateway = new EngineHarness(o => (o.Heartbeat.ReaderIdle, o.Reconnects.Window) = (TimeSpan.Zero, TimeSpan.FromDays(1.0)));
            for (var i = 0; i < orders.Count; i++) await CheckConnectionsAsync(gateway, $"c{i}", orders[i], oldVisitor, newVisitor);
            Assert.Equal(0, gateway.Engine.OpenConnections);
            gateway.AssertBalanced();
        }

        // A client that has hung up says no hello.
        static bool MakesSense(Step[] order) =>
            Array.IndexOf(order, Step.OldHello) < Array.IndexOf(order, Step.OldEnds) && Array.IndexOf(order, Step.NewHello) < Array.IndexOf(order, Step.NewEnds);
    }

    private static async Task CheckBooksAsync(DirectoryBench bench, string clientId, Step[] order, IdentityModel.Visitor oldVisitor, IdentityModel.Visitor newVisitor)
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
                    Enter(old, oldVisitor);
                    break;
                case Step.NewHello:
                    Enter(current, newVisitor);
                    break;
                case Step.OldEnds:
                    old.Close(new CloseRequest(CloseReason.PeerReset));
                    break;
                case Step.NewEnds:
                    current.Close(new CloseRequest(CloseReason.PeerReset));
                    break;
                case Step.OldNoticed or Step.OldCleanedUpLate:
                    // A clean-up in which the end is noticed is one too many before the end.
                    if (old.HasEnded) Leave(old, oldVisitor);
                    break;
                default:
                    Leave(current, newVisitor);
                    break;
            }

            var expected = model.Current is null ? null : model.Current == oldVisitor ? old : current;
            Assert.True(bench.Directory.Find(clientId) == expected, Explain("lookup is wrong", step));
            Assert.True(bench.Log.LastSequence - before == model.Events.Count, Explain("events are not those of the model", step));
        }

        var events = await bench.EventsAsync(before);
        Assert.True(model.Events.SequenceEqual(events.Select(e => (e.Change, e.Client.Generation == old.Session?.Generation ? "old" : "new"))), Explain("events differ", order[^1]));
        Assert.True(model.Current is null == (bench.Directory.Find(clientId) is null), Explain("somebody is left", order[^1]));

        void Enter(GatewayConnection connection, IdentityModel.Visitor visitor)
        {
            var (isGhost, replaced, _) = model.Hello(visitor);
            if (!isGhost && connection.HasEnded) model.Gone(visitor);
            var arrival = bench.Enter(connection, EngineHarness.Hello(clientId, visitor.Instance, visitor.Attempt));
            Assert.True(arrival.Session is null == isGhost, Explain("ghost or not", default));
            Assert.True(arrival.Replaced == (replaced is null ? null : replaced == oldVisitor ? old : current), Explain("the wrong one is replaced", default));
            if (isGhost) return;
            Assert.True(arrival.Session!.Generation > lastGeneration, Explain("generation does not rise", default));
            lastGeneration = arrival.Session.Generation;
        }

        void Leave(GatewayConnection connection, IdentityModel.Visitor visitor)
        {
            bench.Directory.Leave(connection, 0);
            model.Gone(visitor);
        }

        string Explain(string what, Step at) => $"{what} at {at} of {string.Join(", ", order)}; {oldVisitor}; {newVisitor}";
    }

    private static async Task CheckConnectionsAsync(EngineHarness gateway, string clientId, Step[] order, IdentityModel.Visitor oldVisitor, IdentityModel.Visitor newVisitor)
    {
        var model = new IdentityModel();
        var (old, current) = (new Actor(gateway, clientId, oldVisitor), new Actor(gateway, clientId, newVisitor));
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
                    await old.Client.LeaveAsync();
                    model.Gone(oldVisitor);
                    break;
                case Step.NewEnds:
                    await current.Client.LeaveAsync();
                    model.Gone(newVisitor);
                    break;
                default:
                    // Whoever was told waits two seconds for the other end to hang up, then cleans up without it.
                    if (old.Expected is not null) await old.Client.CleanedUpLateAsync(gateway);
                    break;
            }

            var expected = model.Current is null ? null : model.Current == oldVisitor ? old : current;
            Assert.Equal(expected?.Generation, gateway.Engine.FindClient(clientId)?.Generation);
            Assert.Equal(before + model.Events.Count, gateway.Engine.TakePresenceSnapshot().Sequence);
        }

        var events = await gateway.EventsAsync(before);
        Assert.Equal(model.Events, events.Select(e => (e.Change, e.Client.Generation == old.Generation ? "old" : "new")));
        Assert.Equal(reconnects + events.Count(e => e.Change is PresenceChange.Replaced or PresenceChange.Reconnected), gateway.Reconnects());
        foreach (var actor in new[] { old, current }) actor.CheckClose();

        async Task HelloAsync(Actor actor, Actor other)
        {
            var (isGhost, replaced, mayRetry) = model.Hello(actor.Visitor);
            if (replaced is not null) other.Expected = mayRetry;
            await actor.HelloAsync(isGhost);
            if (!isGhost && other.Generation is { } earlier) Assert.True(actor.Generation > earlier);
        }
    }

    /// <summary>A client and what it is to be told.</summary>
    private sealed class Actor(EngineHarness gateway, string clientId, IdentityModel.Visitor visitor)
    {
        public InMemoryClient Client { get; } = gateway.Connect();

        public IdentityModel.Visitor Visitor { get; } = visitor;

        public long? Generation { get; private set; }

        /// <summary>The retry of the close frame that it must get; null for none.</summary>
        public bool? Expected { get; set; }

        public async Task HelloAsync(bool isGhost)
        {
            await Client.HelloAsync(EngineHarness.Hello(clientId, Visitor.Instance, Visitor.Attempt));
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
