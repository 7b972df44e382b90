using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Numbered messages on one connection, and the acknowledgements of the gateway.</summary>
public sealed class NumberedMessageTests
{
    [Fact]
    public async Task What_one_read_brings_is_acknowledged_by_one_frame_behind_its_answers()
    {
        using var gateway = new EngineHarness();
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.Client.SendAsync((byte[])[.. client.Frames(1, 2), .. client.Client.Ping, .. client.Frames(3)]);
        Assert.Equal(["ping", "ack"], client.Read().Types);
        Assert.Equal([3], client.Acks);
        await client.SendAsync(4);
        Assert.Equal([3, 4], client.Read().Acks);
    }

    [Fact]
    public async Task A_message_has_its_number_instance_and_time()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(7);
        await client.Client.SendAsync(client.Client.Frame("message", "unnumbered"));
        Assert.Equal([7, null], sink.Numbers);
        Assert.All(sink.Taken, t => Assert.Equal(("pump-17", "instance-a", gateway.Time.GetUtcNow(), false), (t.Message.ClientId, t.Message.Instance, t.Message.ReceivedAt, t.Message.IsRedelivered)));
    }

    [Fact]
    public async Task Messages_that_are_settled_later_in_any_order_are_acknowledged_from_the_first_on()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2, 3, 4);
        Assert.Equal(4, gateway.Metrics.Read("heartbeatgateway.messages_unacknowledged"));
        sink.Settle(3);
        sink.Settle(2, MessageVerdict.Rejected);
        await EngineHarness.SettleAsync();
        Assert.Empty(client.Read().Acks);
        sink.Settle(1);
        await client.AcknowledgedAsync(3);
        Assert.Equal([3], client.Acks);
        sink.Settle(4);
        await client.AcknowledgedAsync(4);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.messages_unacknowledged"));
    }

    [Fact]
    public async Task A_duplicate_is_dropped_acknowledged_and_counted()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2, 1);
        Assert.Equal([1, 2], sink.Numbers);
        Assert.Empty(client.Read().Acks);
        sink.Settle(1);
        sink.Settle(2);
        await client.AcknowledgedAsync(2);
        client.Acks.Clear();
        await client.SendAsync(2);
        Assert.Equal([2], client.Read().Acks);
        Assert.Equal([1, 2], sink.Numbers);
        Assert.Equal(2, gateway.Metrics.Read("heartbeatgateway.messages_duplicate"));
    }

    [Fact]
    public async Task A_gap_is_accepted_and_counted_and_the_first_number_may_be_any()
    {
        using var gateway = new EngineHarness();
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(40);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.messages_missing"));
        await client.SendAsync(45);
        Assert.Equal([40, 45], client.Read().Acks);
        Assert.Equal(4, gateway.Metrics.Read("heartbeatgateway.messages_missing"));
    }

    [Fact]
    public async Task A_message_that_the_sink_gives_up_ends_the_connection_and_is_accepted_anew()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2, 3);
        sink.Settle(1);
        sink.Settle(2, MessageVerdict.Dropped);
        var close = await client.ClosedAsync();
        Assert.Equal((CloseReason.Undelivered, true), (close.Reason, close.Retry));
        Assert.Contains("message 2", close.Detail, StringComparison.Ordinal);
        sink.Settle(3);

        var next = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 2, sent: 3));
        Assert.Equal(1, next.Welcome.Accepted);
        await next.SendAsync(2, 3, 4);
        Assert.Equal([1, 2, 3, 2, 4], sink.Numbers);
        Assert.Equal([false, false, false, true, false], sink.Taken.Select(t => t.Message.IsRedelivered));
        sink.Settle(2);
        await next.AcknowledgedAsync(3);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages_duplicate"));
    }

    [Fact]
    public async Task After_a_message_was_given_up_no_later_one_is_handed_over_on_that_connection()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(acceptsClose: false));
        await client.SendAsync(1);
        sink.Settle(1, MessageVerdict.Dropped);
        await client.SendAsync(2);
        Assert.Equal([1], sink.Numbers);
        await client.Client.Handler;
        Assert.Equal(1, gateway.Closed("undelivered"));
    }

    [Fact]
    public async Task A_number_that_was_given_up_and_is_passed_over_by_the_client_does_not_hold_up_later_ones()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2);
        sink.Settle(1, MessageVerdict.Dropped);
        await client.ClosedAsync();
        sink.Settle(2);
        var next = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 2, sent: 2));
        await next.SendAsync(2);
        Assert.Equal([2], next.Read().Acks);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages_missing"));
    }

    [Fact]
    public async Task A_sink_that_throws_ends_the_connection_as_undelivered()
    {
        using var gateway = new EngineHarness(sink: new ThrowingSink());
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.SendAsync(1, 2);
        Assert.Equal(CloseReason.Undelivered, (await client.ClosedAsync()).Reason);
        Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "NumberedMessageFailed");
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "failed")));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.messages_unacknowledged"));
    }

    [Theory]
    [InlineData(" n=1")]
    [InlineData(" n=1 g=")]
    [InlineData(" n=01 g=7")]
    [InlineData(" n=x")]
    public async Task Text_that_begins_as_a_number_and_is_none_ends_the_connection_silently(string text)
    {
        using var gateway = new EngineHarness();
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.Client.SendAsync(CreatedText.Frame(client.Client, "message", text));
        await client.Client.Handler;
        Assert.Equal(1, gateway.Closed("token_invalid"));
        Assert.Empty(client.Read().Types);
    }

    [Fact]
    public async Task A_wrong_generation_a_message_with_number_0_and_an_ack_without_number_end_the_connection()
    {
        using var gateway = new EngineHarness();
        await RefusedAsync(c => c.Frame(1, generation: c.Welcome.Generation - 1));
        await RefusedAsync(c => c.Frame(0));
        await RefusedAsync(c => c.Client.Frame("ack"));
        await RefusedAsync(c => c.Frame(0, generation: c.Welcome.Generation + 1, type: "ack"));
        Assert.Equal(4, gateway.Closed("token_invalid"));
        Assert.Equal(4, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", "mismatch")));
        Assert.Contains(gateway.Logs.GetSnapshot(), l => l.Id.Name == "TokenRefused" && l.Message.Contains("the welcome of this connection has", StringComparison.Ordinal));

        async Task RefusedAsync(Func<AckClient, byte[]> frame)
        {
            var client = await AckClient.ConfirmedAsync(gateway);
            await client.Client.SendAsync(frame(client));
            await client.Client.Handler;
        }
    }

    [Fact]
    public async Task Other_text_after_the_date_and_a_number_of_a_ping_have_no_meaning()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        await client.Client.SendAsync((byte[])[.. CreatedText.Frame(client.Client, "message", " zone=1"), .. CreatedText.Frame(client.Client, "ping", " n=bad")]);
        Assert.Equal([null], sink.Numbers);
        Assert.Equal(["ping"], client.Read().Types);
    }

    [Fact]
    public async Task Without_the_feature_an_ack_and_text_after_the_date_are_an_ordinary_message()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var (client, welcome) = await gateway.IdentifiedAsync();
        Assert.Equal([ProtocolFeatures.Close], welcome.Features);
        Assert.Null(welcome.Accepted);
        Assert.Null(welcome.Pushes);
        await client.SendAsync((byte[])[.. client.Frame("ack"), .. CreatedText.Frame(client, "message", " n=bad"), .. new AckClient(client).Frame(5, generation: 3)]);
        Assert.Equal(["ack", "message", "message"], sink.Taken.Select(t => t.Message.Type));
        Assert.Equal([null, null, null], sink.Numbers);
        sink.Taken.First().Receipt.Settle(MessageVerdict.Accepted);
        Assert.Empty(client.TakeFrames());
    }

    private sealed class ThrowingSink : IMessageSink
    {
        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken) => throw new InvalidOperationException("The sink is broken.");
    }
}
