using System.Collections.Concurrent;
using System.Globalization;
using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests;

/// <summary>Every dropped message is counted, logged and reported, in both directions.</summary>
public sealed class GatewayClientDropTests
{
    [Theory]
    [InlineData(ReceiveQueueFull.DropOldest, 990)]
    [InlineData(ReceiveQueueFull.DropNewest, 0)]
    public async Task A_full_receive_queue_reports_all_drops_in_events_and_few_log_lines(ReceiveQueueFull mode, int firstKept)
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { ReceiveQueueCapacity = 10, ReceiveQueueFullMode = mode });
        var drops = new ConcurrentQueue<DroppedMessages>();
        harness.Client.MessagesDropped += (_, dropped) => drops.Enqueue(dropped);
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 1000; i++) await server.SendAsync("message", i.ToString(CultureInfo.InvariantCulture));
        await Wait.UntilAsync(() => drops.Sum(d => d.Count) == 990, "990 drops were reported");
        Assert.All(drops, d => Assert.Equal(MessageDropReason.ReceiveQueueFull, d.Reason));
        Assert.Equal(990, harness.Client.CountDropped(MessageDropReason.ReceiveQueueFull));
        Assert.Single(harness.Logs.GetSnapshot(), l => l.Id.Name == "MessagesDropped");
        await foreach (var message in harness.Client.ReadMessagesAsync())
        {
            Assert.Equal(firstKept, int.Parse(message.Content.Span, CultureInfo.InvariantCulture));
            break;
        }
    }

    [Fact]
    public async Task Wait_drops_nothing_and_keeps_the_connection_while_the_application_reads_nothing()
    {
        await using var harness = new ClientHarness(
            ClientHarness.Options with { ReceiveQueueCapacity = 10, ReceiveQueueFullMode = ReceiveQueueFull.Wait });
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 1000; i++) await server.SendAsync("message", i.ToString(CultureInfo.InvariantCulture));
        await Wait.UntilAsync(() => harness.Meters["messages.received"] == 10, "the queue is full");
        harness.Pass(120);
        Assert.Equal(GatewayClientStatus.Connected, harness.Client.State.Status);
        var expected = 0;
        await foreach (var message in harness.Client.ReadMessagesAsync())
        {
            Assert.Equal(expected++, int.Parse(message.Content.Span, CultureInfo.InvariantCulture));
            if (expected == 1000) break;
        }

        Assert.Equal(0, harness.Meters["messages.dropped|queue=receive"]);
    }

    [Fact]
    public async Task Dispose_ends_a_wait_for_the_application()
    {
        await using var harness = new ClientHarness(
            ClientHarness.Options with { ReceiveQueueCapacity = 1, ReceiveQueueFullMode = ReceiveQueueFull.Wait });
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 5; i++) await server.SendAsync("message", default(string) ?? "");
        await Wait.UntilAsync(() => harness.Meters["messages.received"] == 1, "the queue is full");
        server.End();
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        Assert.Equal(4, harness.Client.CountDropped(MessageDropReason.ReceiveQueueFull));
    }

    [Fact]
    public async Task Dropped_and_unsent_messages_are_reported_when_the_client_is_disposed()
    {
        var options = ClientHarness.Options with { SendQueueCapacity = 10, SendQueueFullMode = SendQueueFull.DropOldest };
        await using var harness = new ClientHarness(options);
        var drops = new ConcurrentQueue<DroppedMessages>();
        harness.Client.MessagesDropped += (_, dropped) => drops.Enqueue(dropped);
        for (var i = 0; i < 25; i++) await harness.Client.SendAsync("message", default);
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        await Wait.UntilAsync(() => drops.Sum(d => d.Count) == 25, "all messages were reported");
        Assert.Equal(15, drops.Where(d => d.Reason == MessageDropReason.SendQueueFull).Sum(d => d.Count));
        Assert.Equal(10, drops.Where(d => d.Reason == MessageDropReason.NotSentAtStop).Sum(d => d.Count));
        Assert.Contains(harness.Logs.GetSnapshot(), l => l.Message.Contains("10 messages not sent", StringComparison.Ordinal));
    }
}
