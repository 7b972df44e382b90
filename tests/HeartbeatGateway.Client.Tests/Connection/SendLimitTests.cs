using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class SendLimitTests
{
    [Fact]
    public async Task Refuses_a_message_above_the_limit_of_the_gateway_and_stays_connected()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.WelcomeAsync(limit: 65536);
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        var refused = await Assert.ThrowsAsync<MessageTooLargeException>(async () => await harness.Client.SendAsync("message", new byte[65537]));
        Assert.Equal((65537, 65536), (refused.ContentBytes, refused.MaxContentBytes));
        Assert.StartsWith("The message has 65537 bytes of content; the gateway accepts at most 65536.", refused.Message, StringComparison.Ordinal);
        Assert.Throws<MessageTooLargeException>(() => harness.Client.TrySend("message", new byte[65537]));
        await harness.Client.SendAsync("message", new byte[65536]);
        Assert.Equal(65536, (await server.ReadAsync("message")).Content.Length);
    }

    [Fact]
    public async Task Before_the_first_welcome_the_own_limit_holds()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { MaxContentBytes = 1000 });
        Assert.Equal(1000, Assert.Throws<MessageTooLargeException>(() => harness.Client.TrySend("message", new byte[1001])).MaxContentBytes);
        Assert.True(harness.Client.TrySend("message", new byte[1000]));
    }

    [Fact]
    public async Task A_message_that_was_queued_before_the_limit_was_known_is_reported_and_not_sent()
    {
        await using var harness = new ClientHarness();
        var dropped = new TaskCompletionSource<DroppedMessages>();
        harness.Client.MessagesDropped += (_, drops) => dropped.TrySetResult(drops);
        await harness.Client.SendAsync("message", new byte[2000]);
        await harness.Client.SendAsync("message", "small"u8.ToArray());
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.WelcomeAsync(limit: 1000);
        Assert.Equal("small", (await server.ReadAsync("message")).Text);
        var drops = await dropped.Task.WaitAsync(Wait.Limit);
        Assert.Equal((MessageDropReason.TooLarge, 1), (drops.Reason, drops.Count));
        Assert.Equal(1, harness.Client.CountDropped(MessageDropReason.TooLarge));
        Assert.Equal(1, harness.Meters["messages.dropped|queue=send"]);
        Assert.Single(harness.Logs.GetSnapshot(), l => l.Id.Name == "MessagesDropped" && l.Message.Contains("pump-17", StringComparison.Ordinal));
    }
}
