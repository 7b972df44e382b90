using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Messages;

/// <summary>Several sinks at once: each has its own message, and only required ones count.</summary>
public sealed class MessageSinksTests
{
    private static readonly InvalidOperationException Broken = new("The sink is broken.");

    public static TheoryData<MessageVerdict, MessageVerdict, MessageVerdict> Verdicts => new()
    {
        { MessageVerdict.Accepted, MessageVerdict.Accepted, MessageVerdict.Accepted },
        { MessageVerdict.Accepted, MessageVerdict.Rejected, MessageVerdict.Rejected },
        { MessageVerdict.Rejected, MessageVerdict.Rejected, MessageVerdict.Rejected },
        { MessageVerdict.Rejected, MessageVerdict.Dropped, MessageVerdict.Dropped },
        { MessageVerdict.Dropped, MessageVerdict.Accepted, MessageVerdict.Dropped },
    };

    [Theory]
    [MemberData(nameof(Verdicts))]
    public async Task The_verdict_is_that_of_all_required_sinks(MessageVerdict own, MessageVerdict webhook, MessageVerdict whole)
    {
        using var bench = new SinkBench("inprocess", "webhook", "log?");
        bench.Own.Defers = bench.Webhook.Defers = true;
        await bench.SendAsync("1");
        Assert.Empty(bench.Verdicts);
        bench.Own.Receipts.Single().Settle(own);
        // A sink that drops decides alone, and once.
        Assert.Equal(own == MessageVerdict.Dropped ? 1 : 0, bench.Verdicts.Count);
        bench.Webhook.Receipts.Single().Settle(webhook);
        bench.Webhook.Receipts.Single().Settle(MessageVerdict.Accepted);
        Assert.Equal([("1", whole)], bench.Verdicts);
    }

    [Fact]
    public async Task The_sender_goes_on_when_all_required_sinks_let_it()
    {
        using var bench = new SinkBench("inprocess", "webhook");
        (bench.Own.Gate, bench.Webhook.Gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var sent = bench.SendAsync("1");
        bench.Own.Gate.SetResult();
        await EngineHarness.SettleAsync();
        Assert.False(sent.IsCompleted);
        Assert.Empty(bench.Verdicts);
        bench.Webhook.Gate.SetResult();
        await sent;
        Assert.Equal([("1", MessageVerdict.Accepted)], bench.Verdicts);
        Assert.Equal((1, 1), (bench.Counts("inprocess").Delivered, bench.Counts("webhook").Delivered));
    }

    [Fact]
    public async Task A_required_sink_that_throws_drops_the_message_and_leaves_the_others_alone()
    {
        using var bench = new SinkBench("webhook", "inprocess");
        bench.Webhook.Throws = Broken;
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => bench.SendAsync("1"));
        Assert.Equal(("The message sink webhook failed: The sink is broken.", Broken), (failure.Message, failure.InnerException));
        Assert.Equal([("1", MessageVerdict.Dropped)], bench.Verdicts);
        Assert.Equal((1, 1), (bench.Counts("webhook").Taken, bench.Dropped("webhook", SinkDropCause.Failed)));
        Assert.Equal((1, 1), (bench.Counts("inprocess").Taken, bench.Counts("inprocess").Delivered));
    }

    [Fact]
    public async Task An_optional_sink_that_throws_is_logged_and_counted_and_nothing_else()
    {
        using var bench = new SinkBench("inprocess", "webhook?");
        bench.Webhook.Throws = Broken;
        await bench.SendAsync("1");
        await bench.SendAsync("2");
        await EventuallyAsync(() => bench.Dropped("webhook", SinkDropCause.Failed) == 2);
        Assert.Equal([("1", MessageVerdict.Accepted), ("2", MessageVerdict.Accepted)], bench.Verdicts);
        Assert.Equal(2, bench.Logs.GetSnapshot().Count(l => l.Id.Name == "OptionalSinkFailed"));
        Assert.Equal((2, 2), (bench.Counts("webhook").Taken, bench.Counts("inprocess").Delivered));
    }

    [Fact]
    public async Task An_optional_sink_that_is_stuck_delays_nobody_and_drops_what_is_above_its_bound()
    {
        using var bench = new SinkBench("inprocess", "webhook?");
        bench.Webhook.Gate = new TaskCompletionSource();
        const int Sent = SinkLane.MaxMessages + 11;
        await bench.SendAsync("0");
        await bench.Webhook.Reached(1);
        for (var i = 1; i < Sent; i++)
        {
            await bench.SendAsync($"{i}");
            bench.Counts("webhook");
        }

        Assert.Equal(Sent, bench.Counts("inprocess").Delivered);
        Assert.Equal((Sent, SinkLane.MaxMessages, 1, 10), (bench.Counts("webhook").Taken, bench.Counts("webhook").Waiting, bench.Counts("webhook").InFlight, bench.Dropped("webhook", SinkDropCause.Full)));
        bench.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(30, bench.Metrics.Read("heartbeatgateway.sink_oldest_waiting", ("sink", "webhook")));

        bench.Webhook.Gate.SetResult();
        await bench.Webhook.Reached(Sent - 10);
        await EventuallyAsync(() => bench.Counts("webhook").Delivered == Sent - 10);
        Assert.Equal(Enumerable.Range(0, Sent - 10).Select(i => $"{i}"), bench.Webhook.Received);
    }

    [Fact]
    public async Task The_lane_of_an_optional_sink_is_bounded_in_bytes()
    {
        using var bench = new SinkBench("inprocess", "webhook?");
        bench.Webhook.Gate = new TaskCompletionSource();
        var large = new string('x', SinkLane.MaxBytes / 4);
        for (var i = 0; i < 8; i++)
        {
            await bench.SendAsync(large);
            if (i == 0) await bench.Webhook.Reached(1);
        }

        Assert.Equal((4, 3), (bench.Counts("webhook").Waiting, bench.Dropped("webhook", SinkDropCause.Full)));
    }

    [Fact]
    public async Task What_waits_in_the_lane_at_the_stop_is_counted_as_stopped()
    {
        using var bench = new SinkBench("inprocess", "webhook?");
        bench.Webhook.Gate = new TaskCompletionSource();
        await bench.SendAsync("in hand");
        await bench.Webhook.Reached(1);
        await bench.SendAsync("waiting");
        var stopped = bench.Sinks.StopAsync(TestContext.Current.CancellationToken);
        bench.Time.Advance(SinkLane.StopTime);
        await stopped;
        await EventuallyAsync(() => bench.Dropped("webhook", SinkDropCause.Stopped) == 2);
        await bench.SendAsync("late");
        Assert.Equal((3, 3, 0), (bench.Counts("webhook").Taken, bench.Dropped("webhook", SinkDropCause.Stopped), bench.Counts("webhook").Waiting));
    }

    [Fact]
    public async Task A_stop_hands_on_what_waits_in_the_lane()
    {
        using var bench = new SinkBench("inprocess", "webhook?");
        for (var i = 0; i < 100; i++) await bench.SendAsync($"{i}");
        await bench.Sinks.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal((100, 100), (bench.Counts("webhook").Taken, bench.Counts("webhook").Delivered));
    }

    [Fact]
    public async Task Each_sink_gets_the_messages_of_each_client_in_their_order()
    {
        const int Clients = 20;
        const int Messages = 100;
        using var bench = new SinkBench("inprocess", "webhook?");
        await Parallel.ForAsync(0, Clients, TestContext.Current.CancellationToken, async (client, cancellationToken) =>
        {
            for (var i = 0; i < Messages; i++) await bench.SendAsync($"{client}:{i}", cancellationToken);
        });
        await bench.Webhook.Reached(Clients * Messages);
        foreach (var received in new[] { bench.Own.Received, bench.Webhook.Received })
        {
            Assert.All(received.GroupBy(m => m.Split(':')[0]), client => Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"{client.Key}:{i}"), client));
        }
    }

    [Fact]
    public void All_series_exist_at_0_from_the_start()
    {
        using var bench = new SinkBench("inprocess", "webhook?", "log");
        foreach (var sink in (string[])["inprocess", "webhook", "log"])
        {
            foreach (var outcome in (string[])["taken", "delivered", "rejected"]) Assert.Equal(0, bench.Metrics.Read("heartbeatgateway.sink_messages", ("sink", sink), ("outcome", outcome)));
            foreach (var cause in (string[])["expired", "failed", "stopped", "full", "abandoned"]) Assert.Equal(0, bench.Metrics.Read("heartbeatgateway.sink_messages_dropped", ("sink", sink), ("cause", cause)));
            foreach (var gauge in (string[])["sink_messages_waiting", "sink_messages_in_flight", "sink_oldest_waiting", "sink_stopped"]) Assert.Equal(0, bench.Metrics.Read($"heartbeatgateway.{gauge}", ("sink", sink)));
        }
    }

    [Fact]
    public void A_sink_whose_receiver_is_gone_is_shown_as_stopped()
    {
        using var bench = new SinkBench("webhook");
        bench.Sinks.Start();
        bench.Webhook.IsStopped = true;
        Assert.Equal(1, bench.Metrics.Read("heartbeatgateway.sink_stopped", ("sink", "webhook")));
        Assert.Single(bench.Logs.GetSnapshot(), l => l.Id.Name == "InProcessSinkUnused");
    }

    private static async Task EventuallyAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await EngineHarness.SettleAsync();
        }
    }
}
