using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Acknowledgements;

/// <summary>A gateway that acknowledges nothing: messages are sent without a number, at most once, and no promise is broken silently.</summary>
public sealed class WithoutGrantTests
{
    [Fact]
    public async Task Messages_are_sent_without_a_number_and_the_caller_of_an_acknowledged_send_gets_the_cause()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        await harness.Client.SendAsync("message", "plain"u8.ToArray());
        var queued = harness.Client.SendAcknowledgedAsync("message", "promised"u8.ToArray());
        await harness.Client.SendAsync("message", "plain"u8.ToArray());
        var server = await harness.ConnectAsync();
        Assert.False(harness.Client.State.AcknowledgementsGranted);
        for (var i = 0; i < 2; i++)
        {
            var frame = await server.ReadAsync("message");
            Assert.Equal(("plain", 19), (frame.Text, frame.Created.Length));
        }

        foreach (var sending in (Task[])[queued, harness.Client.SendAcknowledgedAsync("message", default)])
        {
            var exception = await Assert.ThrowsAsync<MessageNotAcknowledgedException>(() => sending.WaitAsync(Wait.Limit));
            Assert.Equal((AcknowledgementFailure.NotGranted, false), (exception.Failure, exception.WasSent));
            Assert.Contains("accepted the connection without acknowledgements", exception.Message, StringComparison.Ordinal);
        }

        Assert.False(server.TryTake(out _));
        Assert.Equal(0, harness.Client.State.UnacknowledgedMessages);
        Assert.Contains("its welcome does not grant the feature ack", Assert.Single(Refusals(harness)), StringComparison.Ordinal);
        server.Reset();
        Assert.Equal(2, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.UnconfirmedMessages);
        // The next gateway may acknowledge messages.
        var waiting = harness.Client.SendAcknowledgedAsync("message", default);
        Assert.False(waiting.IsCompleted);
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        Assert.Equal(AcknowledgementFailure.Stopped, (await Assert.ThrowsAsync<MessageNotAcknowledgedException>(() => waiting)).Failure);
    }

    [Fact]
    public async Task What_was_numbered_waits_for_a_gateway_that_acknowledges_it()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { BackoffResetAfter = TimeSpan.Zero });
        var server = await harness.GrantAsync();
        var promised = harness.Client.SendAcknowledgedAsync("message", "1"u8.ToArray());
        await server.ReadAsync("message");
        await harness.CutAsync(server);

        var without = await harness.ConnectAsync();
        await harness.Client.SendAsync("message", "2"u8.ToArray());
        var frame = await without.ReadAsync("message");
        Assert.Equal("2", frame.Text);
        Assert.Null(frame.Number);
        Assert.False(promised.IsCompleted);
        Assert.Equal(1, harness.Client.State.UnacknowledgedMessages);
        var end = await harness.CutAsync(without);
        Assert.Equal((1, 1), (end.UnconfirmedMessages, end.UnacknowledgedMessages));

        await harness.Client.SendAsync("message", "3"u8.ToArray());
        var again = await harness.Network.AcceptAsync();
        await again.GrantAsync(3000, accepted: null);
        foreach (var (text, number) in ((string, long)[])[("1", 1), ("3", 2)])
        {
            frame = await again.ReadAsync("message");
            Assert.Equal((text, number), (frame.Text, frame.Number!.Value.Number));
        }

        await again.SendAckAsync(2);
        Assert.Equal(1, await promised.WaitAsync(Wait.Limit));
        Assert.Contains("1 sent before wait for a gateway", Assert.Single(Refusals(harness)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_answers_two_pings_and_no_hello_gets_messages_without_a_number()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var promised = harness.Client.SendAcknowledgedAsync("message", default);
        await harness.Client.SendAsync("message", "plain"u8.ToArray());
        var server = await AnswerTheFirstPingAsync(harness);
        Assert.False(promised.IsCompleted);
        harness.Pass(5);
        await server.ReadAsync("ping");
        await server.SendPingAsync();
        var frame = await server.ReadAsync("message");
        Assert.Equal("plain", frame.Text);
        Assert.Null(frame.Number);
        await Assert.ThrowsAsync<MessageNotAcknowledgedException>(() => promised.WaitAsync(Wait.Limit));
        Assert.Contains("it does not answer the hello", Assert.Single(Refusals(harness)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_wait_for_a_welcome_that_comes_after_the_answer_to_the_first_ping()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var promised = harness.Client.SendAcknowledgedAsync("message", default);
        var server = await AnswerTheFirstPingAsync(harness);
        await server.SendGrantAsync();
        await server.ReadAsync("ack");
        Assert.Equal(1, (await server.ReadAsync("message")).Number!.Value.Number);
        await server.SendAckAsync(1);
        Assert.Equal(1, await promised.WaitAsync(Wait.Limit));
        Assert.Empty(Refusals(harness));
    }

    [Fact]
    public async Task A_welcome_that_comes_after_two_answers_grants_acknowledged_sends_all_the_same()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await AnswerTheFirstPingAsync(harness);
        harness.Pass(5);
        await server.ReadAsync("ping");
        await server.SendPingAsync();
        await harness.RoundTripsAsync(2);
        await server.SendGrantAsync();
        await server.ReadAsync("ack");
        var promised = harness.Client.SendAcknowledgedAsync("message", default);
        Assert.Equal(1, (await server.ReadAsync("message")).Number!.Value.Number);
        await server.SendAckAsync(1);
        Assert.Equal(1, await promised.WaitAsync(Wait.Limit));
    }

    [Fact]
    public async Task A_grant_without_a_name_for_the_numbering_is_a_violation()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.SendGrantAsync(pushes: null);
        var end = (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Assert.Equal(DisconnectKind.ProtocolViolation, end.Kind);
        Assert.Contains("lacks the field pushes", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generation_that_fits_no_numbered_frame_is_a_violation()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.SendGrantAsync(generation: 10_000_000_000_000);
        Assert.Equal(DisconnectKind.ProtocolViolation, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);
    }

    [Fact]
    public async Task A_client_that_did_not_ask_uses_no_grant()
    {
        await using var harness = new ClientHarness();
        await harness.Client.SendAsync("message", default);
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.SendGrantAsync();
        await server.ReadAsync("hello");
        await server.ReadAsync("ping");
        Assert.Equal(19, (await server.ReadAsync("message")).Created.Length);
        // Without the feature, the type and the text after the date have no meaning.
        await server.SendNumberedAsync("ack", "x", 5, generation: 1);
        using var limit = new CancellationTokenSource(Wait.Limit);
        await foreach (var message in harness.Client.ReadMessagesAsync(limit.Token))
        {
            Assert.Equal("ack", message.Type);
            Assert.Null(message.Number);
            break;
        }

        Assert.False(harness.Client.State.AcknowledgementsGranted);
    }

    /// <summary>Starts the client, and answers its ping but not its hello.</summary>
    private static async Task<ServerConnection> AnswerTheFirstPingAsync(ClientHarness harness)
    {
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        await server.ReadAsync("ping");
        await server.SendPingAsync();
        await harness.RoundTripsAsync(1);
        return server;
    }

    private static List<string> Refusals(ClientHarness harness) =>
        [.. harness.Logs.GetSnapshot().Where(l => l.Id.Name == "AcknowledgementsNotGranted").Select(l => l.Message)];
}
