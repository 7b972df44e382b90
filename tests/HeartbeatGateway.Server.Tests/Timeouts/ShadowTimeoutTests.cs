using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

/// <summary>Candidates of the reader-idle limit are counted like the limit itself, and close nothing.</summary>
public sealed class ShadowTimeoutTests
{
    private static readonly TimeSpan Tick = TimerWheel.TickInterval;

    [Fact]
    public async Task A_candidate_below_the_limit_is_counted_when_it_is_reached_and_not_earlier()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(5)]);
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, WouldTimeOut(gateway, "5"));
        gateway.Advance(Tick + TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, WouldTimeOut(gateway, "5"));
        Assert.False(client.Handler.IsCompleted);

        gateway.Advance(TimeSpan.FromSeconds(3));
        await client.Handler;
        Assert.Equal(1, WouldTimeOut(gateway, "5"));
        Assert.Equal(1, gateway.Closed("reader_idle"));
    }

    [Fact]
    public async Task A_candidate_that_equals_the_limit_counts_what_the_limit_closes_and_a_higher_one_nothing()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(8)]);
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(20));
        await client.Handler;
        Assert.Equal((1, 0, 1), (WouldTimeOut(gateway, "7"), WouldTimeOut(gateway, "8"), gateway.Closed("reader_idle")));
    }

    [Fact]
    public async Task A_candidate_above_the_limit_is_reached_by_a_client_with_a_longer_negotiated_timeout()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(10)]);
        await gateway.IdentifiedAsync(EngineHarness.Hello(heartbeat: TimeSpan.FromSeconds(20)));
        gateway.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal((1, 0), (WouldTimeOut(gateway, "10"), gateway.Closed("reader_idle")));
    }

    [Fact]
    public async Task Each_silence_counts_once_for_each_candidate_also_without_a_limit_in_force()
    {
        // The longest first: the order in the configuration has no meaning.
        using var gateway = new EngineHarness(o => (o.Heartbeat.ReaderIdle, o.Heartbeat.ShadowReaderIdle) = (TimeSpan.Zero, [TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(4)]));
        var client = await gateway.ConnectedAsync();
        foreach (var silence in (double[])[100, 3, 2.4, 5, 2.6, 61])
        {
            gateway.Advance(TimeSpan.FromSeconds(silence));
            await client.PingAsync();
        }

        Assert.Equal((5, 3, 2), (WouldTimeOut(gateway, "2.5"), WouldTimeOut(gateway, "4"), WouldTimeOut(gateway, "60")));
        Assert.False(client.Handler.IsCompleted);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Counts_what_a_walk_over_the_gaps_of_many_clients_counts(int seed)
    {
        // Far from the candidates by more than a tick, so that the walk needs no rule for the tick.
        double[] gaps = [0.3, 0.9, 1.2, 1.9, 2.2, 3.9, 4.2, 9.9, 10.5];
        double[] candidates = [1, 2, 4, 10];
        using var gateway = new EngineHarness(o => (o.Heartbeat.ReaderIdle, o.Heartbeat.ShadowReaderIdle) = (TimeSpan.Zero, [.. candidates.Select(TimeSpan.FromSeconds)]));
        var random = new Random(seed);
        var expected = new int[candidates.Length];
        var clients = new List<(InMemoryClient Client, Queue<double> Due)>();
        for (var i = 0; i < 20; i++)
        {
            var due = new Queue<double>();
            var at = 0.0;
            foreach (var gap in random.GetItems(gaps, 10))
            {
                due.Enqueue(at += gap);
                for (var c = 0; c < candidates.Length; c++) expected[c] += gap > candidates[c] ? 1 : 0;
            }

            clients.Add((await gateway.ConnectedAsync(), due));
        }

        for (var now = 0.0; clients.Any(c => c.Due.Count > 0); now += 0.05)
        {
            foreach (var (client, due) in clients)
            {
                if (!due.TryPeek(out var next) || next > now + 0.001) continue;
                due.Dequeue();
                await client.PingAsync();
                // Its last silence is outside the walk.
                if (due.Count == 0) await client.DisconnectAsync();
            }

            gateway.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(expected.Select(e => (double)e), candidates.Select(c => WouldTimeOut(gateway, $"{c:0}")));
    }

    [Fact]
    public async Task A_pause_of_the_gateway_is_no_silence_of_the_client()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(5)]);
        await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(3));
        gateway.Stall(TimeSpan.FromSeconds(10));
        gateway.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(0, WouldTimeOut(gateway, "5"));
        gateway.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, WouldTimeOut(gateway, "5"));
    }

    [Fact]
    public async Task Backpressure_is_no_silence_of_the_client()
    {
        var sink = new SinkTestGate();
        using var gateway = new EngineHarness(o => o.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(5)], sink);
        var client = await gateway.ConnectedAsync();
        await client.SendAsync(client.Frame("message", "1"));
        gateway.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, WouldTimeOut(gateway, "5"));
        sink.Gate.SetResult();
        await EngineHarness.SettleAsync();
        gateway.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(0, WouldTimeOut(gateway, "5"));
        gateway.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, WouldTimeOut(gateway, "5"));
    }

    [Fact]
    public async Task Connections_without_a_valid_frame_and_the_liveness_probe_are_not_counted()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(1)]);
        gateway.Connect();
        await gateway.Connect(isProbe: true).PingAsync();
        gateway.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, WouldTimeOut(gateway, "1"));
    }

    [Fact]
    public async Task A_reload_adds_and_removes_candidates_and_every_series_begins_at_zero()
    {
        using var gateway = new EngineHarness();
        await gateway.ConnectedAsync();
        Assert.Throws<KeyNotFoundException>(() => WouldTimeOut(gateway, "3"));
        gateway.Options.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(3)];
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.Equal(0, WouldTimeOut(gateway, "3"));
        gateway.Advance(TimeSpan.FromSeconds(3.1));
        Assert.Equal(1, WouldTimeOut(gateway, "3"));

        // A shorter candidate that is set within a silence is part of it, and one that was counted is not counted again.
        gateway.Options.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4)];
        gateway.Engine.Reconfigure(gateway.Options);
        gateway.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, 1), (WouldTimeOut(gateway, "3"), WouldTimeOut(gateway, "4")));
        gateway.Options.Heartbeat.ShadowReaderIdle = [];
        gateway.Engine.Reconfigure(gateway.Options);
        await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((1, 1), (WouldTimeOut(gateway, "3"), WouldTimeOut(gateway, "4")));
    }

    [Fact]
    public void Wrong_candidates_are_refused_with_the_reason()
    {
        Assert.Empty(ShadowReaderIdleValidator.Validate([TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)]));
        Assert.Equal(
            "Gateway:Heartbeat:ShadowReaderIdle holds 7.00:00:00, but its items must be between 00:00:01 and a day, written hh:mm:ss (a bare number means days).",
            Assert.Single(ShadowReaderIdleValidator.Validate([TimeSpan.FromDays(7)])));
        Assert.Contains("holds 00:00:00, but", Assert.Single(ShadowReaderIdleValidator.Validate([TimeSpan.Zero])), StringComparison.Ordinal);
        Assert.Contains("holds -00:00:05, but", Assert.Single(ShadowReaderIdleValidator.Validate([TimeSpan.FromSeconds(-5)])), StringComparison.Ordinal);
        Assert.Contains("holds 00:00:05 2 times", Assert.Single(ShadowReaderIdleValidator.Validate([TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)])), StringComparison.Ordinal);
        Assert.Equal("Gateway:Heartbeat:ShadowReaderIdle holds 9 limits, but may hold 8 at most.", Assert.Single(ShadowReaderIdleValidator.Validate([.. Enumerable.Range(1, 9).Select(i => TimeSpan.FromSeconds(i))])));
    }

    private static double WouldTimeOut(EngineHarness gateway, string limit) => gateway.Metrics.Read("heartbeatgateway.would_time_out", ("limit", limit));

    private sealed class SinkTestGate : Server.Messages.IMessageSink
    {
        public TaskCompletionSource Gate { get; } = new();

        public ValueTask AcceptAsync(Server.Messages.GatewayMessage message, CancellationToken cancellationToken) => new(Gate.Task.WaitAsync(cancellationToken));
    }
}
