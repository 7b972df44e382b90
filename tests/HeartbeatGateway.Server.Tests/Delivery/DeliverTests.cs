using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Which way a message to a client id takes: through its outbox, or on its connection as any frame.</summary>
public sealed class DeliverTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_client_without_acknowledgements_gets_frames_as_before_and_nothing_is_kept()
    {
        using var bench = new OutboxBench();
        var (client, _) = await bench.Gateway.IdentifiedAsync(EngineHarness.Hello("pump-1"));
        foreach (var ttl in new TimeSpan?[] { null, Minute })
        {
            var delivery = bench.Deliver("start", ttl);
            Assert.Equal((DeliveryResult.Queued, false, true), (delivery.Result, delivery.IsNumbered, delivery.IsSettled));
            Assert.Equal(DeliveryResult.Queued, await delivery.Settled);
            Assert.Equal(("order", "start"), await client.ReadFrameAsync());
        }

        Assert.Equal((0, 0), (bench.Engine.Outboxes.Messages, bench.Engine.LastDelivery));
        // No state was made for it.
        Assert.Null(bench.Engine.Deliveries.Find("pump-1"));
    }

    [Fact]
    public async Task What_is_held_is_not_sent_to_a_client_without_acknowledgements()
    {
        using var bench = new OutboxBench();
        var held = bench.Deliver("held", Minute);
        var (client, _) = await bench.Gateway.IdentifiedAsync(EngineHarness.Hello("pump-1"));
        bench.Deliver("sent");
        Assert.Equal(("order", "sent"), await client.ReadFrameAsync());
        Assert.Equal(DeliveryResult.Held, held.Result);
        // It still arrives when the client comes back with the feature.
        Assert.Equal([(1, "held")], bench.Attach().Sent);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_is_slow_as_before()
    {
        using var bench = new OutboxBench(o => o.Outbound.MaxPendingBytes = 4096);
        await bench.Gateway.IdentifiedAsync(EngineHarness.Hello("pump-1"));
        var delivery = bench.Deliver(new string('x', 4096));
        Assert.Equal((DeliveryResult.Slow, false, true), (delivery.Result, delivery.IsNumbered, delivery.IsSettled));
    }

    [Fact]
    public async Task Several_clients_have_a_result_each_and_share_the_content()
    {
        using var bench = new OutboxBench();
        var acknowledging = bench.Attach("pump-1");
        var (plain, _) = await bench.Gateway.IdentifiedAsync(EngineHarness.Hello("pump-2"));
        var content = "start"u8.ToArray();
        string[] ids = ["pump-1", "pump-2", "pump-3", "pump-1"];
        var deliveries = bench.Engine.DeliverToClients(ids, "order", content, Minute);
        // The caller may use its memory again.
        content.AsSpan().Clear();
        Assert.Equal(ids, deliveries.Select(d => d.ClientId));
        Assert.Equal(["Queued True", "Queued False", "Held True", "Queued True"], deliveries.Select(d => $"{d.Result} {d.IsNumbered}"));
        Assert.Equal([(1, "start"), (2, "start")], acknowledging.Sent);
        Assert.Equal([(1, "start")], bench.Attach("pump-3").Sent);
        Assert.Equal(("order", "start"), await plain.ReadFrameAsync());
        Assert.Equal([SendResult.Accepted, SendResult.Accepted, SendResult.NotConnected], bench.Engine.SendToClients(["pump-1", "pump-2", "pump-4"], "order", content));
        Assert.Equal(3, acknowledging.Sent.Count);
    }

    [Fact]
    public void Broadcasts_and_messages_to_connections_have_no_number()
    {
        using var bench = new OutboxBench();
        var connection = bench.Attach();
        bench.Engine.Broadcast("news", default);
        bench.Engine.Send(connection.Id, "news", default);
        Assert.Empty(connection.Sent);
        Assert.Equal(0, bench.Engine.Outboxes.Messages);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(3_601)]
    public void A_time_that_is_none_or_too_long_is_an_error(double seconds)
    {
        using var bench = new OutboxBench(o => o.Messages.MaxTtl = TimeSpan.FromHours(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => bench.Deliver("x", TimeSpan.FromSeconds(seconds)));
        Assert.Throws<ArgumentOutOfRangeException>(() => bench.Engine.DeliverToClients(["pump-1"], "order", default, TimeSpan.FromSeconds(seconds)));
        Assert.Equal(DeliveryResult.Held, bench.Deliver("x", TimeSpan.FromHours(1)).Result);
    }

    [Fact]
    public void Nothing_is_held_for_what_is_no_client_id()
    {
        using var bench = new OutboxBench();
        Assert.Equal(DeliveryResult.Gone, bench.Deliver("x", Minute, "no id").Result);
        Assert.Null(bench.Engine.Deliveries.Find("no id"));
    }

    [Fact]
    public async Task The_sweep_runs_each_second_once_the_engine_has_started()
    {
        using var bench = new OutboxBench();
        bench.Engine.Start();
        var held = bench.Deliver("x", TimeSpan.FromSeconds(3));
        bench.Gateway.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(held.Settled.IsCompleted);
        bench.Gateway.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(DeliveryResult.Expired, await held.Settled);
    }

    [Fact]
    public async Task The_latest_10000_results_are_kept_and_a_follower_learns_of_a_gap()
    {
        using var bench = new OutboxBench(o => o.Messages.MaxHeldMessages = 10_000);
        var connection = bench.Attach();
        for (var i = 1; i <= 10_001; i++)
        {
            bench.Deliver("x");
            bench.OutboxOf().Acknowledge(connection, i);
            connection.Read();
        }

        Assert.Equal((10_001, 2), (bench.Engine.LastDelivery, bench.Engine.OldestDelivery));
        await using var following = bench.Engine.FollowDeliveriesAsync(1, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await following.MoveNextAsync());
        Assert.Equal(2, following.Current.Sequence);
        var gap = await Assert.ThrowsAsync<DeliveryGapException>(async () =>
        {
            await using var late = bench.Engine.FollowDeliveriesAsync(0, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            await late.MoveNextAsync();
        });
        Assert.Contains("2 to 10001", gap.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_threads_send_while_connections_change_and_every_message_has_one_result()
    {
        const int Threads = 4, Messages = 500;
        using var bench = new OutboxBench(o => (o.Messages.MaxHeldMessages, o.Messages.MaxHeldBytes) = (10_000, 64 * 1024 * 1024));
        var outbox = bench.OutboxOf();
        var senders = Enumerable.Range(0, Threads).Select(t => Task.Run(() => Enumerable.Range(0, Messages).Select(i => bench.Deliver($"{t} {i}", Minute)).ToList())).ToArray();
        var (last, received) = (0L, new List<string>());
        var sending = Task.WhenAll(senders);
        FakeDeliveryConnection? connection = null;
        while (!sending.IsCompleted || !outbox.IsEmpty)
        {
            if (connection is not null) outbox.Detach(connection);
            connection = bench.Connection();
            outbox.Attach(connection, last);
            // The senders write to it at the same time, so it is read when it is no longer attached.
            outbox.Detach(connection);
            while (connection.Read() is { } frame)
            {
                if (frame.Number <= last) continue;
                last = frame.Number;
                received.Add(frame.Content);
            }

            bench.Engine.Outboxes.Sweep();
        }

        var deliveries = (await sending).SelectMany(d => d).ToList();
        Assert.All(deliveries, d => Assert.Equal(DeliveryResult.Delivered, d.Result));
        Assert.Equal(Threads * Messages, received.Distinct().Count());
        Assert.Equal(Threads * Messages, received.Count);
        // In order for each sender.
        foreach (var thread in received.GroupBy(c => c.Split(' ')[0])) Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"{thread.Key} {i}"), thread);
        Assert.Equal(Threads * Messages, bench.Engine.LastDelivery);
        Assert.Equal((0, 0), (bench.Engine.Outboxes.Messages, bench.Engine.Outboxes.Bytes));
    }
}
