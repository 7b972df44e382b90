using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Numbers across the connections of a client, and the bounds of what is not acknowledged.</summary>
public sealed class ResumeTests
{
    [Fact]
    public async Task The_next_connection_learns_what_is_accepted_and_repeats_nothing()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2, 3);
        sink.Settle(1);
        await client.AcknowledgedAsync(1);
        await client.CutAsync();

        var next = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 2, sent: 3));
        Assert.Equal(1, next.Welcome.Accepted);
        await next.SendAsync(2, 3, 4);
        Assert.Equal([1, 2, 3, 4], sink.Numbers);
        Assert.DoesNotContain(sink.Taken, t => t.Message.IsRedelivered);
        Assert.Empty(next.Read().Acks);
    }

    [Fact]
    public async Task A_verdict_after_the_connection_was_replaced_or_ended_is_acknowledged_on_the_next_one()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2);
        var next = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 2));
        await client.ClosedAsync();
        sink.Settle(1);
        await next.AcknowledgedAsync(1);
        await next.CutAsync();
        sink.Settle(2);
        var third = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 3));
        Assert.Equal(2, third.Welcome.Accepted);
        Assert.Empty(client.Read().Acks);
    }

    [Fact]
    public async Task A_verdict_between_the_welcome_and_the_confirmation_is_acknowledged_with_the_confirmation()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2);
        await client.CutAsync();
        sink.Settle(1);
        var next = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 2));
        sink.Settle(2);
        await next.AckAsync(0);
        Assert.Equal([2], next.Read().Acks);
    }

    [Fact]
    public async Task A_new_instance_begins_new_numbers_and_an_unconfirmed_one_leaves_them()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2);
        var other = await AckClient.WelcomedAsync(gateway, AckClient.Hello(instance: "instance-b"));
        Assert.Null(other.Welcome.Accepted);
        sink.Settle(1);
        await client.AcknowledgedAsync(1);
        await other.SendAsync(1);
        sink.Settle(1);
        await other.AcknowledgedAsync(1);
        Assert.Equal(["instance-a", "instance-a", "instance-b"], sink.Taken.Select(t => t.Message.Instance));
        Assert.False((await client.ClosedAsync()).Retry);
    }

    [Fact]
    public async Task Without_a_record_messages_that_were_sent_before_are_marked()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(sent: 7));
        await client.SendAsync(5, 6);
        await client.CutAsync();
        // The record is this process's: the message may still have reached an earlier one.
        var next = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 2, sent: 7));
        await next.SendAsync(7, 8);
        Assert.Equal([true, true, true, false], sink.Taken.Select(t => t.Message.IsRedelivered));
    }

    [Fact]
    public async Task Numbers_are_forgotten_after_the_reconnect_window()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.Window = TimeSpan.FromMinutes(1));
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1);
        await client.CutAsync();
        gateway.Time.Advance(TimeSpan.FromMinutes(1));
        var next = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 2));
        Assert.Equal(1, next.Welcome.Accepted);
        await next.CutAsync();
        gateway.Time.Advance(TimeSpan.FromMinutes(1.01));
        var last = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 3));
        Assert.Null(last.Welcome.Accepted);
        Assert.NotEqual(next.Welcome.Pushes, last.Welcome.Pushes);
    }

    [Fact]
    public async Task Beyond_the_bound_the_clients_that_left_first_are_forgotten_and_unconfirmed_hellos_displace_none()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.MaxRemembered = 3);
        for (var i = 0; i < 5; i++) await ConnectAsync($"c{i}", isConfirmed: true);
        for (var i = 0; i < 20; i++) await ConnectAsync($"d{i}", isConfirmed: false);
        Assert.Equal([null, null, 1, 1, 1], await Task.WhenAll(Enumerable.Range(0, 5).Select(async i => (await AckClient.WelcomedAsync(gateway, AckClient.Hello($"c{i}", attempt: 2))).Welcome.Accepted)));

        async Task ConnectAsync(string clientId, bool isConfirmed)
        {
            var client = await AckClient.WelcomedAsync(gateway, AckClient.Hello(clientId));
            if (isConfirmed) await client.SendAsync(1);
            await client.CutAsync();
        }
    }

    [Fact]
    public async Task At_the_bound_of_messages_the_gateway_reads_on_when_one_is_settled()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(o => o.Messages.MaxUnacknowledged = 2, sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        var other = await AckClient.ConfirmedAsync(gateway, AckClient.Hello("pump-18"));
        await client.SendAsync(1, 2, 3);
        Assert.Equal([1, 2], sink.Numbers);
        // Its sender is kept, and others are not delayed.
        gateway.Advance(TimeSpan.FromSeconds(3.1));
        Assert.Equal(["ping"], client.Read().Types);
        await other.SendAsync(1);
        Assert.Equal(3, sink.Taken.Count);
        sink.Settle(2);
        await EngineHarness.SettleAsync();
        Assert.Equal(3, sink.Taken.Count);
        sink.Taken.First().Receipt.Settle(MessageVerdict.Accepted);
        await client.AcknowledgedAsync(1);
        await WaitAsync(() => sink.Taken.Count == 4);
    }

    [Fact]
    public async Task At_the_bound_of_bytes_the_gateway_reads_on_and_one_large_message_passes()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(o => o.Messages.MaxUnacknowledgedBytes = 1024, sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.Client.SendAsync((byte[])[.. client.Frame(1, new string('x', 5_000)), .. client.Frame(2, "y")]);
        Assert.Equal([1], sink.Numbers);
        sink.Settle(1);
        await WaitAsync(() => sink.Taken.Count == 2);
    }

    [Fact]
    public async Task A_connection_that_waits_at_the_bound_can_end()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(o => o.Messages.MaxUnacknowledged = 1, sink);
        var client = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(acceptsClose: false));
        await client.SendAsync(1, 2);
        Assert.True(gateway.Engine.CloseClient("pump-17", CloseReason.Kicked));
        await client.Client.Handler;
        sink.Settle(1);
        Assert.Equal([1], sink.Numbers);
        var next = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 2));
        await next.SendAsync(2);
        Assert.Equal([1, 2], sink.Numbers);
    }

    [Fact]
    public async Task A_takeover_while_the_sink_is_full_waits_for_the_sink_and_keeps_the_order()
    {
        var sink = new FullSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(acceptsClose: false));
        await client.SendAsync(1, 2);
        var next = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 2, sent: 2));
        await client.Client.Handler;
        await next.SendAsync(1, 2, 3);
        Assert.Equal([1], sink.Numbers);
        sink.Release(isTaken: false);
        await WaitAsync(() => sink.Numbers.Count == 2);
        sink.Release(isTaken: true);
        await WaitAsync(() => sink.Numbers.Count == 3);
        sink.Release(isTaken: true);
        await WaitAsync(() => sink.Numbers.Count == 4);
        sink.Release(isTaken: true);
        await next.AcknowledgedAsync(3);
        Assert.Equal([1, 1, 2, 3], sink.Numbers);
        Assert.Null(next.Close);
    }

    [Fact]
    public async Task An_acknowledgement_that_found_no_room_is_sent_with_the_next_read()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(o => o.Outbound.MaxPendingBytes = 4096, sink);
        var inner = gateway.Connect(pauseWriterThreshold: 1);
        await inner.HelloAsync(AckClient.Hello());
        var client = new AckClient(inner);
        var welcome = await inner.ReadWelcomeAsync();
        await inner.SendAsync((byte[])[.. client.Frame(0, "", welcome.Generation, "ack"), .. client.Frame(1, generation: welcome.Generation)]);
        while (gateway.Engine.Broadcast("message", new byte[1000]) == 1)
        {
        }

        while (gateway.Engine.Broadcast("message", default) == 1)
        {
        }

        sink.Settle(1);
        await EngineHarness.SettleAsync();
        await WaitAsync(() => gateway.Metrics.Read("heartbeatgateway.outbound_dropped", ("reason", "pending_limit")) >= 3);
        var types = new List<string>();
        await WaitAsync(() => Take(types) && gateway.Engine.EnumerateConnections().Single().PendingBytes == 0);
        await inner.PingAsync();
        await WaitAsync(() => Take(types) && types.Contains("ack"));

        bool Take(List<string> into)
        {
            into.AddRange(inner.TakeFrames().Select(f => f.Type));
            return true;
        }
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
            await Task.Yield();
        }
    }

    /// <summary>A sink that is full until the test lets a message in or fails it. It ignores that connections end.</summary>
    private sealed class FullSink : IMessageSink
    {
        private readonly Lock _lock = new();
        private readonly List<long?> _numbers = [];
        private TaskCompletionSource _gate = new();

        public IReadOnlyList<long?> Numbers
        {
            get { lock (_lock) return [.. _numbers]; }
        }

        public async ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            Task gate;
            lock (_lock)
            {
                _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                gate = _gate.Task;
                _numbers.Add(message.Number);
            }

            await gate;
        }

        public void Release(bool isTaken)
        {
            if (isTaken) _gate.SetResult();
            else _gate.SetException(new OperationCanceledException("The sink gave up."));
        }
    }
}
