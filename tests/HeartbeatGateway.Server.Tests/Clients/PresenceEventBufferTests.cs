using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class PresenceEventBufferTests
{
    [Theory]
    [InlineData(3, 1)]
    [InlineData(3, 3)]
    [InlineData(3, 10)]
    [InlineData(1, 5)]
    public async Task The_buffer_keeps_as_many_events_as_its_capacity(int capacity, int connects)
    {
        using var bench = new DirectoryBench(logCapacity: capacity);
        for (var i = 0; i < connects; i++) bench.ConnectAndDisconnect($"c{i}");
        var last = bench.Log.LastSequence;
        Assert.Equal(2 * connects, last);
        var oldest = Math.Max(1, last - capacity + 1);
        for (var after = oldest - 1; after < last; after++) Assert.Equal(after + 1, (await FirstAsync(bench.Log, after)).Sequence);
        for (var after = oldest - 2; after >= -2; after--) await Assert.ThrowsAsync<PresenceGapException>(() => FirstAsync(bench.Log, after));
    }

    [Fact]
    public async Task The_engine_keeps_the_latest_16384_events()
    {
        using var bench = new DirectoryBench(maxRemembered: 100_000);
        for (var i = 0; i < 8_192; i++) bench.ConnectAndDisconnect($"c{i}");
        Assert.Equal(1, (await FirstAsync(bench.Log, 0)).Sequence);
        bench.Enter(bench.Connection(), EngineHarness.Hello("one more"));
        await Assert.ThrowsAsync<PresenceGapException>(() => FirstAsync(bench.Log, 0));
        Assert.Equal(2, (await FirstAsync(bench.Log, 1)).Sequence);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    [InlineData(2, long.MaxValue)]
    [InlineData(0, -1)]
    [InlineData(0, long.MinValue)]
    public async Task A_sequence_number_that_this_process_did_not_assign_is_a_gap(int events, long after)
    {
        using var bench = new DirectoryBench();
        for (var i = 0; i < events / 2; i++) bench.ConnectAndDisconnect("a");
        var gap = await Assert.ThrowsAsync<PresenceGapException>(() => FirstAsync(bench.Log, after));
        Assert.Contains("snapshot", gap.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_follower_waits_for_the_next_event()
    {
        using var bench = new DirectoryBench();
        bench.ConnectAndDisconnect("a");
        var waiting = new[] { FirstAsync(bench.Log, 2), FirstAsync(bench.Log, 2) };
        Assert.DoesNotContain(waiting, w => w.IsCompleted);
        bench.Enter(bench.Connection(), EngineHarness.Hello());
        foreach (var presence in await Task.WhenAll(waiting)) Assert.Equal((3, "pump-17"), (presence.Sequence, presence.Client.ClientId));
    }

    [Fact]
    public async Task A_follower_that_is_too_slow_gets_a_gap_exception_and_delays_no_event()
    {
        using var bench = new DirectoryBench(logCapacity: 4);
        bench.ConnectAndDisconnect("a");
        await using var slow = bench.Log.FollowAsync(0, TestContext.Current.CancellationToken).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        // After three further events the second event is still in the buffer. A fourth event overwrites it.
        bench.ConnectAndDisconnect("b");
        bench.Enter(bench.Connection(), EngineHarness.Hello("c"));
        Assert.True(await slow.MoveNextAsync());
        Assert.Equal(2, slow.Current.Sequence);
        for (var i = 0; i < 3; i++) bench.ConnectAndDisconnect("d");
        await Assert.ThrowsAsync<PresenceGapException>(async () => await slow.MoveNextAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancellation_ends_the_enumeration_whether_it_waits_or_not(bool waits)
    {
        using var bench = new DirectoryBench();
        for (var i = 0; i < 3; i++) bench.ConnectAndDisconnect("a");
        using var stop = new CancellationTokenSource();
        await using var following = bench.Log.FollowAsync(waits ? 6 : 0, stop.Token).GetAsyncEnumerator();
        if (!waits) Assert.True(await following.MoveNextAsync());
        var next = waits ? following.MoveNextAsync().AsTask() : null;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next ?? following.MoveNextAsync().AsTask());
    }

    private static async Task<PresenceEvent> FirstAsync(PresenceEventBuffer log, long after)
    {
        await foreach (var presence in log.FollowAsync(after, TestContext.Current.CancellationToken)) return presence;
        throw new InvalidOperationException("The enumeration ended without an event.");
    }
}
