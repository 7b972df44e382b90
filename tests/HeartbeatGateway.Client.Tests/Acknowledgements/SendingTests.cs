using System.Globalization;
using System.Text;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Tests.Acknowledgements;

/// <summary>A message is kept until the gateway has acknowledged it, and is sent again on each further connection until then.</summary>
public sealed class SendingTests
{
    [Fact]
    public async Task Numbers_messages_in_the_order_of_queuing_and_keeps_each_until_it_is_acknowledged()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        await SendAsync(harness, 1);
        var server = await harness.GrantAsync();
        await SendAsync(harness, 2);
        await SendAsync(harness, 3);
        for (var i = 1; i <= 3; i++) await ExpectAsync(server, i, 1000);
        Assert.Equal(3, harness.Client.State.UnacknowledgedMessages);
        Assert.Equal(3, harness.Meters["messages.unacknowledged"]);
        harness.Time.Advance(TimeSpan.FromMilliseconds(250));
        await server.SendAckAsync(2);
        await Wait.UntilAsync(() => harness.Client.State.UnacknowledgedMessages == 1, "two messages are acknowledged");
        Assert.Equal(new AcknowledgementCounts(3, 2, 0, 0, 1), harness.Client.Acknowledgements);
        Assert.Equal(2, harness.Meters["messages.acknowledged"]);
        Assert.Equal(0.5, harness.Meters["message.acknowledgement"]);
        Assert.Equal(1, harness.Meters["messages.unacknowledged"]);
    }

    [Fact]
    public async Task Sends_what_is_not_acknowledged_again_before_new_messages_with_a_new_date_generation_and_token()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        for (var i = 1; i <= 3; i++) await SendAsync(harness, i);
        var first = await ExpectAsync(server, 1, 1000);
        var second = await ExpectAsync(server, 2, 1000);
        await ExpectAsync(server, 3, 1000);
        await server.SendAckAsync(1);
        await Wait.UntilAsync(() => harness.Client.State.UnacknowledgedMessages == 2, "the acknowledgement was read");
        var end = await harness.CutAsync(server);
        Assert.Equal((0, 2), (end.UnconfirmedMessages, end.UnacknowledgedMessages));
        Assert.EndsWith("Messages that were sent and are not acknowledged: 2.", end.Message, StringComparison.Ordinal);
        await SendAsync(harness, 4);

        var again = await harness.Network.AcceptAsync();
        var (hello, _) = await again.GrantAsync(2000, accepted: 1);
        Assert.Equal(3, hello.Sent);
        var resent = await ExpectAsync(again, 2, 2000);
        await ExpectAsync(again, 3, 2000);
        await ExpectAsync(again, 4, 2000);
        Assert.NotEqual(second.Token, resent.Token);
        Assert.NotEqual(second.Created[..19], resent.Created[..19]);
        Assert.Equal(first.Created[..19], second.Created[..19]);
        Assert.Equal(2, harness.Client.Acknowledgements.Resent);
        Assert.Equal(2, harness.Meters["messages.resent"]);
        Assert.Equal(4, harness.Meters["messages.sent"]);
        Assert.Contains(harness.Logs.GetSnapshot(), l => l.Message.Contains("2 messages that are not acknowledged are sent again, from number 2 on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_welcome_calls_accepted_is_acknowledged()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        var sending = Enumerable.Range(1, 3).Select(i => SendAcknowledgedAsync(harness, i)).ToArray();
        for (var i = 1; i <= 3; i++) await ExpectAsync(server, i, 1000);
        await harness.CutAsync(server);
        var again = await harness.Network.AcceptAsync();
        await again.GrantAsync(2000, accepted: 2);
        Assert.Equal(1, await sending[0].WaitAsync(Wait.Limit));
        Assert.Equal(2, await sending[1].WaitAsync(Wait.Limit));
        await ExpectAsync(again, 3, 2000);
        Assert.False(sending[2].IsCompleted);
        await again.SendAckAsync(3);
        Assert.Equal(3, await sending[2].WaitAsync(Wait.Limit));
    }

    [Fact]
    public async Task A_gateway_without_a_record_gets_all_that_is_not_acknowledged()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        Assert.Null((await server.GrantAsync()).Hello.Sent);
        for (var i = 1; i <= 3; i++) await SendAsync(harness, i);
        for (var i = 1; i <= 3; i++) await ExpectAsync(server, i, 1000);
        await server.SendAckAsync(1);
        await Wait.UntilAsync(() => harness.Client.State.UnacknowledgedMessages == 2, "the acknowledgement was read");
        await harness.CutAsync(server);
        var again = await harness.Network.AcceptAsync();
        await again.GrantAsync(2000, accepted: null);
        await ExpectAsync(again, 2, 2000);
        await ExpectAsync(again, 3, 2000);
    }

    [Fact]
    public async Task SendAsync_completes_when_queued_and_SendAcknowledgedAsync_at_the_acknowledgement()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var queued = harness.Client.SendAsync("message", default).AsTask();
        Assert.True(queued.IsCompletedSuccessfully);
        await queued;
        var sending = SendAcknowledgedAsync(harness, 2);
        using var cancelled = new CancellationTokenSource();
        var other = harness.Client.SendAcknowledgedAsync("message", "3"u8.ToArray(), cancelled.Token);
        var server = await harness.GrantAsync();
        for (var i = 0; i < 3; i++) await server.ReadAsync("message");
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        Assert.False(sending.IsCompleted);
        Assert.Equal(3, harness.Client.State.UnacknowledgedMessages);
        await server.SendAckAsync(3);
        Assert.Equal(2, await sending.WaitAsync(Wait.Limit));
    }

    [Fact]
    public async Task SendAcknowledgedAsync_needs_the_option()
    {
        await using var harness = new ClientHarness();
        var exception = Assert.Throws<InvalidOperationException>(() => { _ = harness.Client.SendAcknowledgedAsync("message", default); });
        Assert.Contains("GatewayClientOptions.Acknowledgements = true", exception.Message, StringComparison.Ordinal);
        Assert.Equal(default, harness.Client.Acknowledgements);
    }

    [Theory]
    [InlineData(SendQueueFull.Wait)]
    [InlineData(SendQueueFull.Reject)]
    public async Task A_full_buffer_holds_frames_back_in_the_send_queue_whose_mode_decides(SendQueueFull mode)
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { MaxUnacknowledged = 2, SendQueueCapacity = 1, SendQueueFullMode = mode });
        var server = await harness.GrantAsync();
        for (var i = 1; i <= 2; i++)
        {
            await SendAsync(harness, i);
            await ExpectAsync(server, i, 1000);
        }

        await SendAsync(harness, 3);
        var fourth = SendAsync(harness, 4).AsTask();
        if (mode == SendQueueFull.Reject) await Assert.ThrowsAsync<SendQueueFullException>(() => fourth);
        else Assert.False(fourth.IsCompleted);
        Assert.False(server.TryTake(out _));
        await server.SendAckAsync(1);
        await ExpectAsync(server, 3, 1000);
        Assert.Equal(2, harness.Client.State.UnacknowledgedMessages);
        await server.SendAckAsync(3);
        if (mode == SendQueueFull.Wait) await ExpectAsync(server, 4, 1000);
    }

    [Fact]
    public async Task The_buffer_is_bounded_in_bytes()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { MaxUnacknowledgedBytes = 1000 });
        var server = await harness.GrantAsync();
        foreach (var bytes in (int[])[700, 301, 1500]) await harness.Client.SendAsync("message", new byte[bytes - 158]);
        await server.ReadAsync("message");
        await Wait.SettleAsync();
        Assert.Equal(1, harness.Client.State.UnacknowledgedMessages);
        await server.SendAckAsync(1);
        Assert.Equal(2, (await server.ReadAsync("message")).Number!.Value.Number);
        await Wait.SettleAsync();
        Assert.Equal(1, harness.Client.State.UnacknowledgedMessages);
        // Larger than the bound: it is sent alone.
        await server.SendAckAsync(2);
        var alone = await server.ReadAsync("message");
        Assert.Equal((3, 1500 - 158), (alone.Number!.Value.Number, alone.Content.Length));
    }

    [Fact]
    public async Task DropOldest_drops_no_sent_message_fails_the_caller_of_a_dropped_one_and_leaves_its_number_out()
    {
        var options = ClientHarness.Acknowledged with { MaxUnacknowledged = 1, SendQueueCapacity = 2, SendQueueFullMode = SendQueueFull.DropOldest };
        await using var harness = new ClientHarness(options);
        var server = await harness.GrantAsync();
        var first = SendAcknowledgedAsync(harness, 1);
        await ExpectAsync(server, 1, 1000);
        var dropped = SendAcknowledgedAsync(harness, 2);
        await SendAsync(harness, 3);
        await SendAsync(harness, 4);
        var exception = await Assert.ThrowsAsync<MessageNotAcknowledgedException>(() => dropped);
        Assert.Equal((AcknowledgementFailure.Dropped, false), (exception.Failure, exception.WasSent));
        Assert.Contains("SendQueueCapacity", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, harness.Client.CountDropped(MessageDropReason.SendQueueFull));
        Assert.False(first.IsCompleted);
        await server.SendAckAsync(1);
        Assert.Equal(1, await first.WaitAsync(Wait.Limit));
        await ExpectAsync(server, 3, 1000);
    }

    [Fact]
    public async Task After_undelivered_the_client_backs_off_and_sends_again()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        var sending = SendAcknowledgedAsync(harness, 1);
        await ExpectAsync(server, 1, 1000);
        await server.SendCloseAsync(CloseReason.Undelivered);
        var waiting = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal((CloseReason.Undelivered, true, 1), (waiting.LastDisconnect!.Reason, waiting.LastDisconnect.Retry, waiting.LastDisconnect.UnacknowledgedMessages));
        Assert.Equal(TimeSpan.FromSeconds(1), waiting.RetryAfter);
        Assert.Equal((false, 1), (waiting.AcknowledgementsGranted, waiting.UnacknowledgedMessages));
        harness.Pass(1);
        var again = await harness.Network.AcceptAsync();
        await again.GrantAsync(2000, accepted: 0);
        await ExpectAsync(again, 1, 2000);
        await again.SendAckAsync(1);
        Assert.Equal(1, await sending.WaitAsync(Wait.Limit));
    }

    [Fact]
    public async Task After_unauthorized_without_retry_the_client_stops_and_says_what_is_not_acknowledged()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        var sending = SendAcknowledgedAsync(harness, 1);
        await ExpectAsync(server, 1, 1000);
        await server.SendCloseAsync(CloseReason.Unauthorized, retry: false);
        var closed = await Assert.ThrowsAsync<GatewayClosedException>(() => harness.Client.Completion.WaitAsync(Wait.Limit));
        Assert.Equal((CloseReason.Unauthorized, 1), (closed.End.Reason, closed.End.UnacknowledgedMessages));
        var exception = await Assert.ThrowsAsync<MessageNotAcknowledgedException>(() => sending);
        Assert.Equal((AcknowledgementFailure.Stopped, true), (exception.Failure, exception.WasSent));
        Assert.Equal(CloseReason.Unauthorized, exception.End!.Reason);
        Assert.Equal(1, harness.Client.CountDropped(MessageDropReason.NotAcknowledgedAtStop));
        Assert.Equal(1, harness.Client.State.UnacknowledgedMessages);
    }

    [Fact]
    public async Task A_kept_message_that_the_next_gateway_would_not_take_is_given_up_and_reported()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        var large = harness.Client.SendAcknowledgedAsync("message", new byte[100]);
        await server.ReadAsync("message");
        await harness.CutAsync(server);
        await SendAsync(harness, 2);
        var again = await harness.Network.AcceptAsync();
        await again.GrantAsync(2000, limit: 50);
        await ExpectAsync(again, 2, 2000);
        Assert.Contains("accepts at most 50", (await Assert.ThrowsAsync<MessageTooLargeException>(() => large)).Message, StringComparison.Ordinal);
        Assert.Equal(1, harness.Client.CountDropped(MessageDropReason.TooLarge));
        Assert.Equal(1, harness.Client.State.UnacknowledgedMessages);
        Assert.Equal(0, harness.Client.Acknowledgements.Resent);
    }

    [Fact]
    public async Task An_acknowledgement_of_a_number_that_was_not_sent_is_ignored()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        await SendAsync(harness, 1);
        await ExpectAsync(server, 1, 1000);
        await server.SendAckAsync(2);
        await Wait.UntilAsync(() => harness.Logs.GetSnapshot().Any(l => l.Message.Contains("it acknowledges a number that was not sent", StringComparison.Ordinal)), "it is logged");
        Assert.Equal(1, harness.Client.State.UnacknowledgedMessages);
        Assert.Equal(GatewayClientStatus.Connected, harness.Client.State.Status);
    }

    [Theory]
    [InlineData(" n=1 g=999", "the generation 999")]
    [InlineData(" n=01 g=1000", "malformed")]
    [InlineData(" n=1", "malformed")]
    [InlineData(" something", "acknowledgement without a number")]
    [InlineData("", "acknowledgement without a number")]
    public async Task An_acknowledgement_without_a_valid_number_is_a_violation(string afterDate, string cause)
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        await SendAsync(harness, 1);
        await ExpectAsync(server, 1, 1000);
        await server.SendWithCreatedAsync("ack", "", afterDate);
        var end = (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Assert.Equal((DisconnectKind.ProtocolViolation, 1), (end.Kind, end.UnacknowledgedMessages));
        Assert.Contains(cause, end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_type_ack_is_reserved_only_with_the_option()
    {
        await using var with = new ClientHarness(ClientHarness.Acknowledged);
        Assert.Contains("reserved", Assert.Throws<ArgumentException>(() => with.Client.TrySend("ack", default)).Message, StringComparison.Ordinal);
        await using var without = new ClientHarness();
        Assert.True(without.Client.TrySend("ack", default));
    }

    [Fact]
    public async Task A_frame_is_sent_under_its_number_again_after_a_write_that_failed()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        harness.Network.WriteWindow = 400;
        var server = await harness.GrantAsync();
        for (var i = 1; i <= 100; i++) await SendAsync(harness, i);
        await ExpectAsync(server, 1, 1000);
        await harness.CutAsync(server);
        harness.Network.WriteWindow = 1_000_000;
        var again = await harness.Network.AcceptAsync();
        await again.GrantAsync(2000);
        for (var i = 1; i <= 100; i++) await ExpectAsync(again, i, 2000);
    }

    private static ValueTask SendAsync(ClientHarness harness, int number) => harness.Client.SendAsync("message", Content(number));

    private static Task<long> SendAcknowledgedAsync(ClientHarness harness, int number) => harness.Client.SendAcknowledgedAsync("message", Content(number));

    private static byte[] Content(int number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads the message whose content and number are the same.</summary>
    private static async Task<ClientFrame> ExpectAsync(ServerConnection server, int number, long generation)
    {
        var frame = await server.ReadAsync("message");
        Assert.Equal((number, generation), (frame.Number!.Value.Number, frame.Number.Value.Generation));
        Assert.Equal(number.ToString(CultureInfo.InvariantCulture), frame.Text);
        return frame;
    }
}
