using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Messages are kept until they are acknowledged, within their bounds; see docs/api.md, "Results of messages".</summary>
public sealed class OutboxTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task An_acknowledgement_delivers_everything_through_its_number()
    {
        using var bench = new OutboxBench();
        var connection = bench.Attach();
        var sent = new[] { bench.Deliver("a"), bench.Deliver("b"), bench.Deliver("c") };
        Assert.Equal([(1, "a"), (2, "b"), (3, "c")], connection.Sent);
        Assert.All(sent, d => Assert.Equal((DeliveryResult.Queued, true, false), (d.Result, d.IsNumbered, d.IsSettled)));
        var waiting = sent[1].Settled;
        Assert.False(waiting.IsCompleted);
        bench.OutboxOf().Acknowledge(connection, 2);
        Assert.Equal([DeliveryResult.Delivered, DeliveryResult.Delivered, DeliveryResult.Queued], sent.Select(d => d.Result));
        Assert.Equal(DeliveryResult.Delivered, await waiting);
        bench.OutboxOf().Acknowledge(connection, 2);
        bench.OutboxOf().Acknowledge(connection, 1);
        // A client cannot acknowledge what it was not sent.
        bench.OutboxOf().Acknowledge(connection, 4);
        bench.OutboxOf().Acknowledge(connection, long.MaxValue);
        Assert.Equal(DeliveryResult.Queued, sent[2].Result);
        bench.OutboxOf().Acknowledge(connection, 3);
        Assert.True(bench.OutboxOf().IsEmpty);
        var events = await bench.EventsAsync();
        Assert.Equal(sent.Select(d => (d.MessageId, DeliveryResult.Delivered)), events.Select(e => (e.MessageId, e.Result)));
        Assert.Equal([1L, 2L, 3L], events.Select(e => e.Sequence));
        Assert.Equal(3, bench.Gateway.Metrics.Read("heartbeatgateway.pushes", ("result", "delivered")));
        Assert.Equal((0, 0), (bench.Gateway.Metrics.Read("heartbeatgateway.pushes.unacknowledged"), bench.Gateway.Metrics.Read("heartbeatgateway.pushes.held")));
    }

    [Fact]
    public void Numbers_that_a_client_has_received_are_not_used_again_when_the_record_is_an_older_copy()
    {
        using var bench = new OutboxBench();
        bench.Attach();
        var sent = bench.Deliver("a");
        var connection = bench.Attach(received: 5);
        Assert.Equal(DeliveryResult.Delivered, sent.Result);
        bench.Deliver("b");
        Assert.Equal([(6, "b")], connection.Sent);
        // No record is a million numbers behind.
        Assert.Equal([(6, "b")], bench.Attach(received: 1_000_007).Sent);
    }

    [Fact]
    public void What_is_not_acknowledged_is_sent_again_with_its_number_before_what_was_never_sent()
    {
        using var bench = new OutboxBench();
        var first = bench.Attach();
        bench.Deliver("a");
        bench.Deliver("b");
        first.HasEnded = true;
        bench.Deliver("c", Minute);
        bench.OutboxOf().Detach(first);
        bench.Deliver("d", Minute);
        Assert.Equal([(1, "a"), (2, "b")], first.Sent);
        // The client had read the first one before the connection broke.
        var second = bench.Attach(received: 1);
        Assert.Equal([(2, "b"), (3, "c"), (4, "d")], second.Sent);
        var third = bench.Attach(received: 1);
        Assert.Equal(second.Sent, third.Sent);
        // The end and the acknowledgements of a connection that was replaced change nothing.
        bench.OutboxOf().Detach(second);
        bench.OutboxOf().Acknowledge(second, 4);
        bench.Deliver("e");
        Assert.Equal((5, "e"), third.Sent[^1]);
        bench.OutboxOf().Acknowledge(third, 5);
        Assert.True(bench.OutboxOf().IsEmpty);
    }

    [Fact]
    public void A_client_that_is_away_gets_what_is_held_for_it_and_nothing_else()
    {
        using var bench = new OutboxBench();
        var (gone, held) = (bench.Deliver("gone"), bench.Deliver("held", Minute));
        Assert.Equal((DeliveryResult.Gone, false, true), (gone.Result, gone.IsNumbered, gone.IsSettled));
        Assert.Equal((DeliveryResult.Held, true, false), (held.Result, held.IsNumbered, held.IsSettled));
        var connection = bench.Attach();
        Assert.Equal([(1, "held")], connection.Sent);
        Assert.Equal(DeliveryResult.Queued, held.Result);
        Assert.NotEqual(gone.MessageId, held.MessageId);
    }

    [Fact]
    public async Task A_message_expires_at_its_time_whether_it_was_sent_or_not()
    {
        using var bench = new OutboxBench();
        var connection = bench.Attach();
        var (sent, lasting) = (bench.Deliver("a", TimeSpan.FromSeconds(10)), bench.Deliver("b", Minute));
        bench.OutboxOf().Detach(connection);
        var held = bench.Deliver("c", TimeSpan.FromSeconds(10));
        bench.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal([DeliveryResult.Queued, DeliveryResult.Queued, DeliveryResult.Held], new[] { sent, lasting, held }.Select(d => d.Result));
        bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([DeliveryResult.Expired, DeliveryResult.Queued, DeliveryResult.Expired], new[] { sent, lasting, held }.Select(d => d.Result));
        Assert.Equal(DeliveryResult.Expired, await held.Settled);
        // The gap stays: numbers only rise.
        var again = bench.Attach();
        bench.Deliver("d");
        Assert.Equal([(2, "b"), (3, "d")], again.Sent);
        Assert.Equal(2, bench.Gateway.Metrics.Read("heartbeatgateway.pushes", ("result", "expired")));
    }

    [Fact]
    public void Nothing_is_sent_after_its_time_even_before_the_sweep()
    {
        using var bench = new OutboxBench();
        var held = bench.Deliver("a", TimeSpan.FromSeconds(10));
        bench.Gateway.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(bench.Attach().Sent);
        Assert.Equal(DeliveryResult.Expired, held.Result);
    }

    [Fact]
    public void Without_a_time_a_message_waits_for_its_acknowledgement_as_long_as_the_setting_says()
    {
        using var bench = new OutboxBench(o => o.Messages.KeepUnacknowledged = TimeSpan.FromSeconds(5));
        bench.Attach();
        var delivery = bench.Deliver("a");
        bench.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(DeliveryResult.Queued, delivery.Result);
        bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(DeliveryResult.Expired, delivery.Result);
    }

    [Fact]
    public void The_bounds_of_a_client_are_exact_and_free_again_with_each_acknowledgement()
    {
        using var bench = new OutboxBench(o => (o.Messages.MaxHeldMessages, o.Messages.MaxHeldBytes) = (3, 8192));
        for (var i = 0; i < 3; i++) Assert.Equal(DeliveryResult.Held, bench.Deliver("x", Minute).Result);
        Assert.Equal((DeliveryResult.Slow, false, true), bench.Deliver("x", Minute) is var full ? (full.Result, full.IsNumbered, full.IsSettled) : default);
        var connection = bench.Attach();
        Assert.Equal(DeliveryResult.Slow, bench.Deliver("x").Result);
        Assert.Equal(SendResult.TooMuchPending, bench.Engine.SendToClient("pump-1", "order", default));
        bench.OutboxOf().Acknowledge(connection, 1);
        Assert.Equal(SendResult.Accepted, bench.Engine.SendToClient("pump-1", "order", default));
        bench.OutboxOf().Acknowledge(connection, 4);
        // In bytes: content, type and what belongs to a message in memory.
        var most = 8192 - OutgoingMessage.Overhead - "order".Length;
        Assert.Equal(DeliveryResult.Slow, bench.Deliver(new string('x', most + 1)).Result);
        Assert.Equal(DeliveryResult.Queued, bench.Deliver(new string('x', most)).Result);
        Assert.Equal(DeliveryResult.Slow, bench.Deliver("").Result);
    }

    [Fact]
    public void The_bound_of_all_clients_is_exact()
    {
        using var bench = new OutboxBench(o => o.Messages.MaxHeldTotalBytes = 4096);
        var (size, taken) = (OutgoingMessage.Overhead + "order".Length, 0);
        while (bench.Deliver("", Minute, $"pump-{taken}").Result == DeliveryResult.Held) taken++;
        Assert.Equal(4096 / size, taken);
        Assert.Equal(taken * size, bench.Gateway.Metrics.Read("heartbeatgateway.pushes.held"));
        Assert.Equal(taken, bench.Gateway.Metrics.Read("heartbeatgateway.pushes.unacknowledged"));
        var connection = bench.Attach("pump-0");
        bench.OutboxOf("pump-0").Acknowledge(connection, 1);
        Assert.Equal(DeliveryResult.Held, bench.Deliver("", Minute, "pump-new").Result);
        bench.Advance(Minute);
        Assert.Equal(0, bench.Gateway.Metrics.Read("heartbeatgateway.pushes.held"));
    }

    [Fact]
    public void A_long_outbox_is_sent_in_steps_that_leave_half_of_the_bound_free()
    {
        using var bench = new OutboxBench(o => (o.Outbound.MaxPendingBytes, o.Messages.MaxHeldBytes) = (8192, 1024 * 1024));
        for (var i = 1; i <= 60; i++) bench.Deliver($"{i}", Minute);
        var connection = bench.Attach();
        Assert.Equal(4096 / 159, connection.Sent.Count);
        var (read, last) = (0, 0L);
        while (connection.Read() is { } frame)
        {
            (read, last) = (read + 1, frame.Number);
            // An acknowledgement brings more, and so does the sweep when none comes.
            if (read % 7 == 0) bench.OutboxOf().Acknowledge(connection, last);
            else if (read % 11 == 0) bench.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(60, read);
        Assert.True(connection.MostPendingBefore <= 4096);
    }

    [Fact]
    public void A_frame_larger_than_half_of_the_bound_is_sent_alone_and_one_larger_than_the_bound_never()
    {
        using var bench = new OutboxBench(o => o.Outbound.MaxPendingBytes = 8192);
        var connection = bench.Attach();
        Assert.Equal(DeliveryResult.Slow, bench.Deliver(new string('x', 8192)).Result);
        bench.Deliver(new string('x', 6000));
        var later = bench.Deliver("later");
        Assert.Single(connection.Sent);
        connection.Read();
        bench.OutboxOf().Acknowledge(connection, 1);
        Assert.Equal((2, "later"), connection.Sent[^1]);
        // A reload lowers the bound: what no longer fits does not keep what is behind it.
        var large = bench.Deliver(new string('y', 7900), Minute);
        var small = bench.Deliver("small", Minute);
        bench.Gateway.Options.Outbound.MaxPendingBytes = 4096;
        bench.Engine.Reconfigure(bench.Gateway.Options);
        connection.Read();
        bench.OutboxOf().Acknowledge(connection, 2);
        Assert.Equal([DeliveryResult.Delivered, DeliveryResult.Dropped, DeliveryResult.Queued], new[] { later, large, small }.Select(d => d.Result));
        Assert.Equal("small", connection.Sent[^1].Content);
    }

    [Fact]
    public void A_connection_that_ends_within_a_send_takes_no_number_away()
    {
        using var bench = new OutboxBench();
        var connection = bench.Attach();
        connection.OnSend = () =>
        {
            connection.HasEnded = true;
            bench.OutboxOf().Detach(connection);
        };
        bench.Deliver("a");
        bench.Deliver("b", Minute);
        Assert.Equal([(1, "a"), (2, "b")], bench.Attach().Sent);
    }

    [Fact]
    public async Task A_stop_drops_what_is_kept_and_takes_nothing_more()
    {
        using var bench = new OutboxBench();
        bench.Attach();
        var (sent, held) = (bench.Deliver("a"), bench.Deliver("b", Minute, "pump-2"));
        await bench.Engine.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Equal((DeliveryResult.Dropped, DeliveryResult.Dropped), (await sent.Settled, await held.Settled));
        Assert.Equal(DeliveryResult.Gone, bench.Deliver("c", Minute).Result);
        Assert.Equal(2, bench.Gateway.Metrics.Read("heartbeatgateway.pushes", ("result", "dropped")));
    }

    [Fact]
    public void An_outbox_in_use_is_not_retired_and_a_retired_one_takes_nothing()
    {
        using var bench = new OutboxBench();
        var outbox = bench.OutboxOf();
        var connection = bench.Attach();
        Assert.False(outbox.TryRetire());
        bench.Deliver("a");
        outbox.Detach(connection);
        Assert.False(outbox.TryRetire());
        bench.Advance(Minute);
        Assert.True(outbox.TryRetire());
        var late = new OutgoingMessage(new MessageDelivery(bench.Engine.Outboxes.Ids, "pump-1", isNumbered: true), default, default, long.MaxValue);
        Assert.Equal(OutboxAdmission.Retired, outbox.Add(late, mayHold: true));
    }

    [Fact]
    public void The_numbering_has_a_name_of_its_own()
    {
        using var bench = new OutboxBench();
        Assert.Equal(bench.OutboxOf().Numbering, bench.OutboxOf().Numbering);
        Assert.NotEqual(bench.OutboxOf("a").Numbering, bench.OutboxOf("b").Numbering);
        Assert.Equal(32, bench.OutboxOf().Numbering.Length);
    }
}
