using HeartbeatGateway.Cluster;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>What is kept of the cluster's events for readers.</summary>
public sealed class ClusterEventLogTests
{
    [Fact]
    public async Task The_oldest_events_are_dropped_and_a_reader_of_them_is_told()
    {
        var log = new ClusterEventLog(capacity: 3);
        for (var i = 1; i <= 5; i++) log.Append(Event(i));
        Assert.Equal((3, 5), (log.Oldest, log.Last));
        Assert.Equal([3L, 4L, 5L], await ReadAsync(log, after: 2, count: 3));
        await Assert.ThrowsAsync<ClusterGapException>(() => ReadAsync(log, after: 1, count: 1));
    }

    [Fact]
    public async Task A_gap_leaves_out_a_number_so_that_no_reader_from_before_can_go_on()
    {
        var log = new ClusterEventLog();
        log.Append(Event(1));
        log.MarkGap();
        Assert.Equal([1L], await ReadAsync(log, after: 0, count: 1));
        log.Append(Event(2));
        log.Append(Event(3));
        Assert.Equal((3, 4), (log.Oldest, log.Last));
        await Assert.ThrowsAsync<ClusterGapException>(() => ReadAsync(log, after: 1, count: 1));
        Assert.Equal([3L, 4L], await ReadAsync(log, after: 2, count: 2));
    }

    [Fact]
    public async Task A_reader_that_waits_is_told_of_a_gap_at_once_and_one_that_comes_meanwhile_by_the_next_event()
    {
        var log = new ClusterEventLog();
        log.Append(Event(1));
        var waiting = ReadAsync(log, after: 1, count: 1);
        log.MarkGap();
        await Assert.ThrowsAsync<ClusterGapException>(() => waiting);
        var meanwhile = ReadAsync(log, after: log.Last, count: 1);
        log.MarkGap();
        Assert.False(meanwhile.IsCompleted);
        log.Append(Event(2) with { FollowsGap = true });
        await Assert.ThrowsAsync<ClusterGapException>(() => meanwhile);
        Assert.Equal((3, 3), (log.Oldest, log.Last));
        Assert.Equal([3L], await ReadAsync(log, after: 2, count: 1));
    }

    [Fact]
    public async Task A_reader_waits_for_the_next_event_and_gets_a_long_backlog_in_order()
    {
        var log = new ClusterEventLog();
        var reading = ReadAsync(log, after: 0, count: 1);
        Assert.False(reading.IsCompleted);
        for (var i = 1; i <= 1000; i++) log.Append(Event(i));
        Assert.Equal([1L], await reading);
        Assert.Equal(Enumerable.Range(1, 1000).Select(i => (long)i), await ReadAsync(log, after: 0, count: 1000));
    }

    private static async Task<List<long>> ReadAsync(ClusterEventLog log, long after, int count)
    {
        var read = new List<long>();
        await foreach (var e in log.FollowAsync(after, TestContext.Current.CancellationToken))
        {
            read.Add(e.Sequence);
            if (read.Count == count) break;
        }

        return read;
    }

    private static ClusterEvent Event(int i) => new($"0:{i}-0", "connected", $"pump-{i}", i, "e", "node-b", "1", DateTimeOffset.UnixEpoch);
}
