using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Messages;

public sealed class SinkTests
{
    [Fact]
    public async Task Messages_arrive_in_order_with_type_and_content()
    {
        var sink = new Sink();
        using var gateway = new EngineHarness(sink: sink);
        var client = gateway.Connect();
        await client.SendAsync((byte[])[.. client.Frame("message", "哈哈哈哈!"), .. client.Frame("telemetry", ""), .. client.Frame("hello", "no identity")]);
        Assert.Equal([("message", "哈哈哈哈!"), ("telemetry", ""), ("hello", "no identity")], sink.Received);
        Assert.Equal(3, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
    }

    [Fact]
    public async Task A_full_sink_applies_backpressure_to_its_sender_alone_and_keeps_it_connected()
    {
        var sink = new Sink { Gate = new TaskCompletionSource() };
        using var gateway = new EngineHarness(sink: sink);
        var sender = await gateway.ConnectedAsync();
        var other = await gateway.ConnectedAsync();
        await sender.SendAsync((byte[])[.. sender.Frame("message", "1"), .. sender.Frame("message", "2")]);
        Assert.Equal([("message", "1")], sink.Received);

        for (var i = 0; i < 20; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(1));
            await other.PingAsync();
            Assert.Single(other.TakeFrames());
        }

        // The gateway sends a ping to the sender every 3 s. It does not read from the sender, so reader idle does not apply.
        Assert.InRange(sender.TakeFrames().Count(f => f.Type == "ping"), 6, 7);
        Assert.False(sender.Handler.IsCompleted);

        sink.Gate.SetResult();
        await sink.Reached(2);
        gateway.Advance(TimeSpan.FromSeconds(6));
        Assert.False(sender.Handler.IsCompleted);
        await other.PingAsync();
        gateway.Advance(TimeSpan.FromSeconds(1.1));
        await sender.Handler;
        Assert.Equal(1, gateway.Closed("reader_idle"));
    }

    [Fact]
    public async Task A_sink_that_throws_loses_only_its_message()
    {
        var sink = new Sink { Throws = true };
        using var gateway = new EngineHarness(sink: sink);
        var client = gateway.Connect();
        await client.SendAsync((byte[])[.. client.Frame("message", "1"), .. client.Ping]);
        Assert.Single(client.TakeFrames());
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "failed")));
        Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "MessageSinkFailed");
    }

    [Fact]
    public async Task A_lost_peer_is_detected_while_the_sink_is_full()
    {
        var sink = new Sink { Gate = new TaskCompletionSource() };
        using var gateway = new EngineHarness(sink: sink);
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("message", "1"));
        client.CloseInput();
        gateway.Advance(TimeSpan.FromSeconds(3.1));
        await client.Handler;
        Assert.Equal(1, gateway.Closed("peer_reset"));
    }

    [Fact]
    public async Task A_connection_that_ends_while_the_sink_is_full_is_cleaned_up_at_once()
    {
        var sink = new Sink { Gate = new TaskCompletionSource() };
        using var gateway = new EngineHarness(sink: sink);
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("message", "1"));
        Assert.True(gateway.Engine.Close(gateway.Engine.Table.All().Single().Id, Protocol.CloseReason.Kicked));
        await client.Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "abandoned")));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_client_that_sends_continuously_does_not_occupy_the_thread_that_others_need()
    {
        var sink = new Sink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await gateway.ConnectedAsync();
        var frame = client.Frame("message", new string('x', 32 * 1024));
        // A thread that only waits for each write. A message that is not read on this thread is read on another one.
        var sender = new Thread(() =>
        {
            for (var i = 0; i < 16; i++) client.SendAsync(frame).GetAwaiter().GetResult();
        });
        sender.Start();
        await sink.Reached(16);
        sender.Join();
        Assert.Equal(sender.ManagedThreadId, sink.Threads[0]);
        Assert.Contains(sink.Threads, thread => thread != sender.ManagedThreadId);
    }

    private sealed class Sink : IMessageSink
    {
        private readonly SemaphoreSlim _arrived = new(0);

        public List<(string Type, string Content)> Received { get; } = [];

        public List<int> Threads { get; } = [];

        public TaskCompletionSource? Gate { get; init; }

        public bool Throws { get; init; }

        public async Task Reached(int messages)
        {
            while (Received.Count < messages) await _arrived.WaitAsync();
        }

        public async ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            Received.Add((message.Type, System.Text.Encoding.UTF8.GetString(message.Content.Span)));
            Threads.Add(Environment.CurrentManagedThreadId);
            _arrived.Release();
            if (Throws) throw new InvalidOperationException("The sink is broken.");
            if (Gate is { } gate) await gate.Task.WaitAsync(cancellationToken);
        }
    }
}
