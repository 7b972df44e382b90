using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Server.Tests.Messages;

/// <summary>The counts of the program's own sink after every fault, and what its clients are told.</summary>
public sealed class InProcessMessageSinkTests
{
    private const string Name = "inprocess";
    private static readonly InvalidOperationException Broken = new("The sink is broken.");

    [Fact]
    public async Task A_sink_that_completes_has_taken_responsibility()
    {
        using var bench = new SinkBench(Name);
        await bench.SendAsync("1");
        Assert.Equal([("1", MessageVerdict.Accepted)], bench.Verdicts);
        Assert.Equal((1, 1, 0, 0), (bench.Counts(Name).Taken, bench.Counts(Name).Delivered, bench.Counts(Name).Waiting, bench.Counts(Name).InFlight));
    }

    [Theory]
    [InlineData(MessageVerdict.Accepted)]
    [InlineData(MessageVerdict.Rejected)]
    [InlineData(MessageVerdict.Dropped)]
    public async Task A_deferred_message_waits_until_it_is_settled_and_the_first_verdict_counts(MessageVerdict verdict)
    {
        using var bench = new SinkBench(Name);
        bench.Own.Defers = true;
        await bench.SendAsync("1");
        Assert.Empty(bench.Verdicts);
        Assert.Equal(1, bench.Counts(Name).Waiting);
        bench.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(9, bench.Metrics.Read("heartbeatgateway.sink_oldest_waiting", ("sink", Name)));

        var receipt = Assert.Single(bench.Own.Receipts);
        receipt.Settle(verdict);
        receipt.Settle(MessageVerdict.Accepted);
        receipt.Settle(MessageVerdict.Rejected);
        Assert.Equal([("1", verdict)], bench.Verdicts);
        var counts = bench.Counts(Name);
        Assert.Equal(
            (verdict == MessageVerdict.Accepted ? 1 : 0, verdict == MessageVerdict.Rejected ? 1 : 0, verdict == MessageVerdict.Dropped ? 1 : 0, 0),
            (counts.Delivered, counts.Rejected, counts.Dropped, counts.Waiting));
        Assert.Equal(0, bench.Metrics.Read("heartbeatgateway.sink_oldest_waiting", ("sink", Name)));
        Assert.Throws<ArgumentOutOfRangeException>(() => receipt.Settle((MessageVerdict)9));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_sink_that_throws_has_failed_on_that_message_alone(bool defers, bool later)
    {
        using var bench = new SinkBench(Name);
        (bench.Own.Throws, bench.Own.ThrowsLater, bench.Own.Defers) = (Broken, later, defers);
        if (later) bench.Own.Gate = new TaskCompletionSource();
        var sent = bench.SendAsync("1");
        bench.Own.Gate?.SetResult();
        Assert.Same(Broken, await Assert.ThrowsAsync<InvalidOperationException>(() => sent));
        foreach (var receipt in bench.Own.Receipts) receipt.Settle(MessageVerdict.Accepted);
        Assert.Equal([("1", MessageVerdict.Dropped)], bench.Verdicts);
        Assert.Equal((1, 1), (bench.Counts(Name).Taken, bench.Dropped(Name, SinkDropCause.Failed)));

        (bench.Own.Throws, bench.Own.Gate, bench.Own.Defers) = (null, null, false);
        await bench.SendAsync("2");
        Assert.Equal((2, 1), (bench.Counts(Name).Taken, bench.Counts(Name).Delivered));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_ends_while_the_sink_is_full_gives_its_message_up(bool defers)
    {
        using var bench = new SinkBench(Name);
        (bench.Own.Gate, bench.Own.Defers) = (new TaskCompletionSource(), defers);
        using var ended = new CancellationTokenSource();
        var sent = bench.SendAsync("1", ended.Token);
        Assert.Equal(1, bench.Counts(Name).Waiting);
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        Assert.Equal([("1", MessageVerdict.Dropped)], bench.Verdicts);
        Assert.Equal((0, 1), (bench.Counts(Name).Waiting, bench.Dropped(Name, SinkDropCause.Abandoned)));
    }

    [Fact]
    public async Task What_waits_at_the_stop_is_counted_as_stopped_and_a_late_verdict_changes_no_count()
    {
        using var bench = new SinkBench(Name);
        bench.Own.Defers = true;
        await bench.SendAsync("deferred");
        (bench.Own.Defers, bench.Own.Gate, bench.Own.IgnoresCancellation) = (false, new TaskCompletionSource(), true);
        var waiting = bench.SendAsync("waiting");
        await bench.Sinks.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal((2, 0, 2), (bench.Counts(Name).Taken, bench.Counts(Name).Waiting, bench.Dropped(Name, SinkDropCause.Stopped)));

        bench.Own.Gate.SetResult();
        await waiting;
        bench.Own.Receipts.Single().Settle(MessageVerdict.Accepted);
        Assert.Equal((2, 0, 2), (bench.Counts(Name).Taken, bench.Counts(Name).Delivered, bench.Dropped(Name, SinkDropCause.Stopped)));
        await bench.SendAsync("late");
        Assert.Equal(("late", MessageVerdict.Dropped), bench.Verdicts[^1]);
        Assert.Equal((3, 3), (bench.Counts(Name).Taken, bench.Dropped(Name, SinkDropCause.Stopped)));
    }

    [Fact]
    public async Task Counts_balance_while_many_threads_settle_and_read()
    {
        using var bench = new SinkBench(Name);
        bench.Own.Defers = true;
        await Parallel.ForAsync(0, 2_000, TestContext.Current.CancellationToken, async (i, cancellationToken) =>
        {
            await bench.SendAsync($"{i}", cancellationToken);
            if (bench.Own.Receipts.TryDequeue(out var receipt)) receipt.Settle((MessageVerdict)(i % 3));
            bench.Counts(Name);
        });
        foreach (var receipt in bench.Own.Receipts) receipt.Settle(MessageVerdict.Accepted);
        var counts = bench.Counts(Name);
        Assert.Equal((2_000, 0, 2_000), (counts.Taken, counts.Waiting, bench.Verdicts.Count));
        Assert.Null(bench.Sinks.All.Single().OldestWaiting);
    }
}
