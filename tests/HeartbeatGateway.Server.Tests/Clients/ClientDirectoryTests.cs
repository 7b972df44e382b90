using CsCheck;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class ClientDirectoryTests
{
    [Fact]
    public void A_generation_is_the_current_time_or_one_more_than_the_previous_generation()
    {
        using var bench = new DirectoryBench();
        Assert.Equal(5_000, bench.ConnectAndDisconnect("a", 5_000).Session!.Generation);
        Assert.Equal(5_001, bench.ConnectAndDisconnect("a", 5_000).Session!.Generation);
        Assert.Equal(5_002, bench.ConnectAndDisconnect("a", 4_000).Session!.Generation);
        Assert.Equal(9_000, bench.ConnectAndDisconnect("a", 9_000).Session!.Generation);
        Assert.Equal(9_001, bench.ConnectAndDisconnect("a", long.MinValue).Session!.Generation);
        Assert.Equal(5_000, bench.ConnectAndDisconnect("b", 5_000).Session!.Generation);
    }

    [Fact]
    public void Generations_rise_for_takeovers_in_the_same_millisecond()
    {
        using var bench = new DirectoryBench();
        for (var i = 0; i < 100; i++) Assert.Equal(7_000 + i, bench.Enter(bench.Connection(), EngineHarness.Hello(attempt: i), 7_000).Session!.Generation);
    }

    [Fact]
    public void A_generation_rises_after_the_client_was_forgotten_and_the_clock_was_set_back()
    {
        using var bench = new DirectoryBench(window: 10);
        var before = bench.ConnectAndDisconnect("a", 5_000, now: 0).Session!.Generation;
        var after = bench.ConnectAndDisconnect("a", 1_000, now: 11);
        Assert.False(after.Reconnected);
        Assert.True(after.Session!.Generation > before);
    }

    [Fact]
    public void A_generation_rises_after_the_client_was_evicted_and_the_clock_was_set_back()
    {
        using var bench = new DirectoryBench(maxRemembered: 2);
        var before = bench.ConnectAndDisconnect("a", 5_000).Session!.Generation;
        for (var i = 0; i < 10; i++) bench.ConnectAndDisconnect($"b{i}", 2_000);
        Assert.True(bench.ConnectAndDisconnect("a", 1_000).Session!.Generation > before);
    }

    [Fact]
    public void Generations_only_rise_for_any_clock_changes_and_any_forgotten_clients() =>
        Gen.Select(Gen.Int[0, 4], Gen.Long[0, 2_000], Gen.Int[0, 15]).Array[1, 60].Sample(connects =>
        {
            using var bench = new DirectoryBench(window: 20, maxRemembered: 3);
            var last = new Dictionary<int, long>();
            var now = 0L;
            foreach (var (client, date, wait) in connects)
            {
                now += wait;
                var generation = bench.ConnectAndDisconnect($"c{client}", date, now).Session!.Generation;
                if (generation < date || (last.TryGetValue(client, out var before) && generation <= before)) return false;
                last[client] = generation;
            }

            return true;
        });

    [Fact]
    public void Beyond_the_bound_the_client_that_disconnected_first_is_forgotten_first()
    {
        using var bench = new DirectoryBench(maxRemembered: 3);
        for (var i = 0; i < 5; i++) bench.ConnectAndDisconnect($"c{i}");
        for (var i = 4; i >= 2; i--) Assert.True(bench.Enter(bench.Connection(), EngineHarness.Hello($"c{i}")).Reconnected, $"c{i} was forgotten.");
        for (var i = 1; i >= 0; i--) Assert.False(bench.Enter(bench.Connection(), EngineHarness.Hello($"c{i}")).Reconnected, $"c{i} was remembered.");
    }

    [Fact]
    public void Online_clients_are_not_forgotten_when_they_exceed_the_bound()
    {
        using var bench = new DirectoryBench(maxRemembered: 2);
        var connections = Enumerable.Range(0, 50).Select(_ => bench.Connection()).ToList();
        for (var i = 0; i < 50; i++) bench.Enter(connections[i], EngineHarness.Hello($"c{i}"));
        for (var i = 0; i < 20; i++) bench.ConnectAndDisconnect($"d{i}");
        for (var i = 0; i < 50; i++) Assert.Same(connections[i], bench.Directory.Find($"c{i}"));
        Assert.Equal(50, bench.Directory.Snapshot().Clients.Count);
    }

    [Fact]
    public void A_client_is_remembered_from_its_last_disconnect()
    {
        using var bench = new DirectoryBench(window: 10);
        bench.ConnectAndDisconnect("a", now: 0);
        bench.ConnectAndDisconnect("a", now: 8);
        Assert.True(bench.ConnectAndDisconnect("a", now: 18).Reconnected);
        Assert.False(bench.ConnectAndDisconnect("a", now: 29).Reconnected);
    }

    [Fact]
    public void A_smaller_bound_applies_from_the_next_call()
    {
        using var bench = new DirectoryBench(maxRemembered: 10);
        for (var i = 0; i < 5; i++) bench.ConnectAndDisconnect($"c{i}");
        bench.Directory.Configure(1_000, 2);
        Assert.False(bench.Enter(bench.Connection(), EngineHarness.Hello("c2")).Reconnected);
        Assert.True(bench.Enter(bench.Connection(), EngineHarness.Hello("c3")).Reconnected);
    }

    [Fact]
    public void A_late_clean_up_of_a_replaced_connection_changes_nothing()
    {
        using var bench = new DirectoryBench();
        var (old, current) = (bench.Connection(), bench.Connection());
        bench.Enter(old, EngineHarness.Hello(attempt: 1));
        Assert.Same(old, bench.Enter(current, EngineHarness.Hello(attempt: 2)).Replaced);
        var before = bench.Log.LastSequence;
        for (var i = 0; i < 3; i++) bench.Directory.Leave(old, 0);
        Assert.Same(current, bench.Directory.Find("pump-17"));
        Assert.Equal(before, bench.Log.LastSequence);
    }

    [Fact]
    public void The_end_of_a_connection_without_a_hello_changes_nothing()
    {
        using var bench = new DirectoryBench();
        bench.Directory.Leave(bench.Connection(), 0);
        Assert.Equal(0, bench.Log.LastSequence);
        Assert.Null(bench.Directory.Find(""));
    }

    [Fact]
    public async Task A_connection_that_ended_before_its_hello_was_processed_is_not_found()
    {
        using var bench = new DirectoryBench();
        var connection = bench.Connection();
        connection.Close(new CloseRequest(CloseReason.Kicked));
        bench.Enter(connection, EngineHarness.Hello());
        Assert.Null(bench.Directory.Find("pump-17"));
        Assert.Empty(bench.Directory.Snapshot().Clients);
        var events = await bench.EventsAsync();
        Assert.Equal(0, events.Count(e => e.Change == PresenceChange.Connected) - events.Count(e => e.Change == PresenceChange.Disconnected));
    }
}
