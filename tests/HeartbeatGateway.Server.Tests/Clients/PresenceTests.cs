using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class PresenceTests
{
    [Fact]
    public async Task Events_have_client_change_time_and_reason()
    {
        using var gateway = new EngineHarness();
        var start = gateway.Time.GetUtcNow();
        var (first, connected) = await gateway.IdentifiedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        var (second, replaced) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2, resume: connected.SessionId));
        await first.ClosedWithFrameAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        gateway.Engine.Close(gateway.Engine.FindClient("pump-17")!.ConnectionId, CloseReason.Kicked);
        await second.ClosedWithFrameAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        var (third, reconnected) = await gateway.IdentifiedAsync();
        await third.SendAsync("nonsense"u8.ToArray());
        await third.ClosedWithFrameAsync();

        var events = await gateway.EventsAsync();
        Assert.Equal([1, 2, 3, 4, 5], events.Select(e => e.Sequence));
        Assert.Equal(
            [
                (PresenceChange.Connected, CloseReason.None, connected.Generation, 0), (PresenceChange.Replaced, CloseReason.None, replaced.Generation, 1),
                (PresenceChange.Disconnected, CloseReason.Kicked, replaced.Generation, 2), (PresenceChange.Reconnected, CloseReason.None, reconnected.Generation, 3),
                (PresenceChange.Disconnected, CloseReason.BadMagic, reconnected.Generation, 3),
            ],
            events.Select(e => (e.Change, e.Reason, e.Client.Generation, (int)Math.Round((e.Time - start).TotalSeconds))));
        Assert.All(events, e => Assert.Equal("pump-17", e.Client.ClientId));
        Assert.All(events.Take(3), e => Assert.Equal(connected.SessionId, e.Client.SessionId));
        Assert.Equal(3, events.Select(e => e.Client.ConnectionId).Distinct().Count());
    }

    [Fact]
    public async Task Anonymous_clients_cause_no_presence_events()
    {
        using var gateway = new EngineHarness();
        await (await gateway.ConnectedAsync()).DisconnectAsync();
        Assert.Equal(0, gateway.Engine.TakePresenceSnapshot().Sequence);
        Assert.Empty(gateway.Engine.TakePresenceSnapshot().Clients);
    }

    [Fact]
    public async Task A_disconnect_event_is_raised_at_the_end_and_not_when_the_last_frame_is_read()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        gateway.Engine.Close(gateway.Engine.FindClient("pump-17")!.ConnectionId, CloseReason.Kicked);
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.Equal(2, gateway.Engine.TakePresenceSnapshot().Sequence);
        Assert.False(client.Handler.IsCompleted);
        await client.ClosedWithFrameAsync();
        Assert.Equal(2, gateway.Engine.TakePresenceSnapshot().Sequence);
    }

    [Fact]
    public void Applying_thousands_of_events_to_a_snapshot_gives_the_later_snapshot() => Assert.All(Enumerable.Range(0, 20), seed =>
    {
        var random = new Random(seed);
        using var bench = new DirectoryBench(window: 50, maxRemembered: 5);
        var state = new PresenceState(bench.Directory.Snapshot());
        var known = new List<GatewayConnection>();
        for (var step = 0; step < 1_000; step++)
        {
            if (known.Count == 0 || random.Next(3) > 0)
            {
                var connection = bench.Connection();
                known.Add(connection);
                bench.Enter(connection, EngineHarness.Hello($"c{random.Next(8)}", random.Next(2) == 0 ? "a" : "b", random.Next(4)), random.Next(1_000), step);
            }
            else
            {
                var connection = known[random.Next(known.Count)];
                connection.Close(new CloseRequest(CloseReason.PeerClosed));
                bench.Directory.Leave(connection, step);
            }

            if (random.Next(20) > 0) continue;
            var snapshot = bench.Directory.Snapshot();
            foreach (var presence in bench.EventsAsync(state.Sequence).GetAwaiter().GetResult()) state.Apply(presence);
            state.AssertEquals(snapshot);
        }
    });

    [Fact(Timeout = 60_000)]
    public async Task Under_concurrent_changes_a_snapshot_and_the_events_after_it_have_no_gap_and_no_overlap()
    {
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = 100_000, minimumLevel: Microsoft.Extensions.Logging.LogLevel.Error);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var writers = Enumerable.Range(0, 3).Select(seed => Task.Run(() => ConnectAndDisconnectAsync(gateway, seed, 700))).ToList();
        var followers = Enumerable.Range(0, 3).Select(_ => Task.Run(() => FollowAsync(gateway, stop.Token))).ToList();
        foreach (var client in (await Task.WhenAll(writers)).SelectMany(c => c)) client.CloseOutput();
        // Each follower finishes its round, so that the end is checked too.
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(followers), rounds => Assert.True(rounds > 0));
        while (gateway.Engine.TakePresenceSnapshot().Clients.Count > 0) await Task.Yield();

        var state = new PresenceState(new PresenceSnapshot(0, []));
        foreach (var presence in await gateway.EventsAsync()) state.Apply(presence);
        state.AssertEquals(gateway.Engine.TakePresenceSnapshot());
    }

    private static async Task<List<InMemoryClient>> ConnectAndDisconnectAsync(EngineHarness gateway, int seed, int rounds)
    {
        var random = new Random(seed);
        var clients = new List<InMemoryClient>();
        for (var round = 0; round < rounds; round++)
        {
            var client = gateway.Connect();
            clients.Add(client);
            await client.SendAsync(client.Signer.Encode(FrameKinds.Hello, EngineHarness.Hello($"c{random.Next(6)}", random.Next(2) == 0 ? "a" : "b", random.Next(3)).ToJson(), client.UnixSeconds));
            if (random.Next(2) == 0) clients[random.Next(clients.Count)].CloseOutput();
        }

        return clients;
    }

    /// <summary>Takes snapshots in a loop and follows the events from each to the next.</summary>
    private static async Task<int> FollowAsync(EngineHarness gateway, CancellationToken stop)
    {
        var rounds = 0;
        do
        {
            var state = new PresenceState(gateway.Engine.TakePresenceSnapshot());
            for (var i = 0; i < 20; i++) await Task.Yield();
            var later = gateway.Engine.TakePresenceSnapshot();
            foreach (var presence in await gateway.EventsAsync(state.Sequence, later.Sequence)) state.Apply(presence);
            state.AssertEquals(later);
            rounds++;
        }
        while (!stop.IsCancellationRequested);
        return rounds;
    }
}
