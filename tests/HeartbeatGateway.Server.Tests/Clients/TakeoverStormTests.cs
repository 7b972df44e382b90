using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>
/// Ten thousand takeovers from several threads. Between batches a lookup finds the newest connection, the connection counts balance,
/// the presence events are consistent, and generations have only risen.
/// </summary>
public sealed class TakeoverStormTests
{
    private const int Rounds = 10_000;
    private const int RoundsInBatch = 200;
    private const int Threads = 4;
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(5, 1)]
    [InlineData(1, 2)]
    public async Task Lookups_find_the_newest_connection_counts_balance_and_generations_only_rise(int identities, int seed)
    {
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = 100_000, minimumLevel: LogLevel.Error);
        var storm = new TakeoverStorm(gateway, identities);
        var presence = new PresenceState(new PresenceSnapshot(0, []));
        var reconnects = 0;
        var open = new List<StormClient>();
        var random = new Random(seed);
        for (var batch = 0; batch < Rounds / RoundsInBatch; batch++)
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => storm.RunAsync(RoundsInBatch / Threads, HashCode.Combine(seed, batch, thread)))));
            while (storm.Clients.TryDequeue(out var client)) open.Add(client);
            await CheckAsync();
            gateway.Advance(TimeSpan.FromSeconds(random.NextDouble() * 8));
            await CheckAsync();
        }

        open.ForEach(c => c.HangUp(reset: false));
        await CheckAsync();
        Assert.Empty(open);
        Assert.Equal(0, gateway.Engine.OpenConnections);
        Assert.Empty(gateway.Engine.TakePresenceSnapshot().Clients);
        Assert.Equal(storm.Connections, gateway.Metrics.Sum("heartbeatgateway.connections.closed"));
        Assert.InRange(storm.Connections, Rounds, 2 * Rounds);
        // The test is meaningful only if every way to end was taken, each more than twice.
        string[] ways = ["replaced", "peer_closed", "peer_reset", "kicked", "reader_idle", "max_age", "internal_error"];
        Assert.All(ways, reason => Assert.True(gateway.Closed(reason) > 2, $"{reason}: {gateway.Closed(reason)}"));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Level >= LogLevel.Error);

        async Task CheckAsync()
        {
            await SettleAsync(gateway, open);
            var snapshot = gateway.Engine.TakePresenceSnapshot();
            foreach (var change in await gateway.EventsAsync(presence.Sequence, snapshot.Sequence))
            {
                presence.Apply(change);
                if (change.Change is PresenceChange.Reconnected or PresenceChange.Replaced) reconnects++;
            }

            presence.AssertEquals(snapshot);
            CheckLookups(gateway, open, snapshot, identities);
            CheckCounts(gateway, snapshot.Clients.Count, reconnects);
        }
    }

    /// <summary>Waits until every connection that has ended is removed from the connection table, as clients and gateway see it.</summary>
    private static async Task SettleAsync(EngineHarness gateway, List<StormClient> open)
    {
        var began = TimeProvider.System.GetTimestamp();
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < MaxWait, $"{open.Count} clients have a connection, {gateway.Engine.OpenConnections} are open, {gateway.Engine.TakePresenceSnapshot().Clients.Count} clients are online: the numbers must become equal. Open: {string.Join(", ", gateway.Engine.EnumerateConnections())}");
            await Task.Yield();
            open.ForEach(c => c.ReadFrames());
            open.RemoveAll(c => c.IsDone);
        }
        while (open.Count != gateway.Engine.TakePresenceSnapshot().Clients.Count || open.Count != gateway.Engine.OpenConnections);
    }

    private static void CheckLookups(EngineHarness gateway, List<StormClient> open, PresenceSnapshot snapshot, int identities)
    {
        for (var i = 0; i < identities; i++)
        {
            var name = TakeoverStorm.Name(i);
            var found = gateway.Engine.FindClient(name);
            Assert.Equal(snapshot.Clients.SingleOrDefault(c => c.ClientId == name), found);
            // An open connection has its welcome, is the only one of its client id, and is the one that the lookup finds.
            var live = open.SingleOrDefault(c => c.ClientId == name);
            Assert.Equal(live?.Generation, found?.Generation);
            Assert.Equal(live?.SessionId, found?.SessionId);
            Assert.Equal(live is null, found is null);
        }

        Assert.Equal(snapshot.Clients.Select(c => c.ConnectionId).ToHashSet(), gateway.Engine.Table.All().Select(c => c.Id).ToHashSet());
    }

    private static void CheckCounts(EngineHarness gateway, int online, int reconnects)
    {
        gateway.AssertBalanced();
        Assert.Equal(online, gateway.Metrics.Read("heartbeatgateway.connected_clients"));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.handshaking_connections"));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.outbound.pending"));
        Assert.Equal(0, gateway.Reconnects("address"));
        Assert.Equal(reconnects, gateway.Reconnects());
    }
}
