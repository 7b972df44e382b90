using System.Globalization;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class CloseTests
{
    [Fact]
    public async Task Close_without_retry_stops_the_client_permanently_and_fails_all_callers()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        var reading = ReadAllAsync(harness.Client);
        await server.SendAsync("message", "last message");
        await server.SendCloseAsync(CloseReason.Banned, retry: false, detail: "ask the operator");
        var state = await harness.States.UntilAsync(GatewayClientStatus.Stopped);
        var end = state.LastDisconnect!;
        Assert.Equal((DisconnectKind.ClosedByGateway, CloseReason.Banned, "banned", false), (end.Kind, end.Reason, end.ReasonName, end.Retry));
        Assert.StartsWith("The gateway closed the connection permanently: banned (ask the operator);", end.Message, StringComparison.Ordinal);

        var closed = await Assert.ThrowsAsync<GatewayClosedException>(() => harness.Client.Completion.WaitAsync(Wait.Limit));
        Assert.Same(state.LastDisconnect, closed.End);
        await Assert.ThrowsAsync<GatewayClosedException>(async () => await harness.Client.SendAsync("message", default));
        Assert.False(harness.Client.TrySend("message", default));
        await Assert.ThrowsAsync<GatewayClosedException>(() => reading);
        await Assert.ThrowsAsync<GatewayClosedException>(() => ReadAllAsync(harness.Client));

        harness.Pass(3600);
        Assert.False(harness.Network.TryAccept(out _));

        async Task ReadAllAsync(GatewayClient client)
        {
            await foreach (var message in client.ReadMessagesAsync()) Assert.Equal("message", message.Type);
        }
    }

    [Fact]
    public async Task Exceptions_after_the_end_do_not_grow_over_a_thousand_calls()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendCloseAsync(CloseReason.Banned, retry: false);
        await harness.States.UntilAsync(GatewayClientStatus.Stopped);
        await Assert.ThrowsAsync<GatewayClosedException>(() => harness.Client.Completion.WaitAsync(Wait.Limit));
        var traces = new List<int>();
        for (var i = 0; i < 1000; i++)
        {
            traces.Add((await Assert.ThrowsAsync<GatewayClosedException>(async () => await harness.Client.SendAsync("message", default))).StackTrace!.Length);
        }

        // A stored exception that is thrown again would grow by one stack frame each time.
        Assert.Single(traces.Distinct());
    }

    [Fact]
    public async Task ConnectAsync_fails_when_the_gateway_closes_without_retry()
    {
        await using var harness = new ClientHarness();
        var connecting = harness.Client.ConnectAsync();
        var server = await harness.Network.AcceptAsync();
        await server.SendCloseAsync(CloseReason.Replaced, retry: false);
        Assert.Equal(CloseReason.Replaced, (await Assert.ThrowsAsync<GatewayClosedException>(() => connecting.WaitAsync(Wait.Limit))).End.Reason);
        await Assert.ThrowsAsync<GatewayClosedException>(() => harness.Client.ConnectAsync());
    }

    [Fact]
    public async Task Reconnects_at_the_assigned_slot_to_the_millisecond()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendCloseAsync(CloseReason.Draining, after: TimeSpan.FromMilliseconds(1830));
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(TimeSpan.FromMilliseconds(1830), state.RetryAfter);
        Assert.Equal(CloseReason.Draining, state.LastDisconnect!.Reason);
        harness.Pass(1.829);
        Assert.Single(harness.Network.Tried);
        harness.Pass(0.001);
        await harness.Network.AcceptAsync();
    }

    [Fact]
    public async Task Close_without_a_slot_backs_off_and_an_unknown_reason_is_reported_in_printable_form()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        var json = $$"""{"reason":"bad\u000aweather","retry":true,"serverTime":"{{server.Now.UtcDateTime.ToString("o", CultureInfo.InvariantCulture)}}"}""";
        await server.SendAsync("close", json);
        server.End();
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal((CloseReason.None, "bad?weather"), (state.LastDisconnect!.Reason, state.LastDisconnect.ReasonName));
        Assert.Equal(TimeSpan.FromSeconds(1), state.RetryAfter);
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    [InlineData(86400 * 365 * 20)]
    public async Task Corrects_a_wrong_clock_and_retries_immediately(int seconds)
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        server.ClockOffset = TimeSpan.FromSeconds(seconds);
        var hello = await server.ReadAsync("hello");
        Assert.Equal(seconds > 0 ? TokenOutcome.Expired : TokenOutcome.Future, hello.Outcome);
        await server.SendCloseAsync(CloseReason.TokenExpired, inReplyTo: hello.Token);

        var again = await harness.Network.AcceptAsync();
        again.ClockOffset = server.ClockOffset;
        Assert.Equal(TokenOutcome.Verified, (await again.ReadAsync("hello")).Outcome);
        Assert.Equal(TokenOutcome.Verified, (await again.ReadAsync("ping")).Outcome);
        await again.SendWelcomeAsync();
        var state = await harness.States.UntilAsync(GatewayClientStatus.Connected);
        Assert.Equal(TimeSpan.FromSeconds(seconds), state.ClockOffset);
        Assert.Single(harness.Logs.GetSnapshot(), l => l.Id.Name == "ClockCorrected");
        // Received frames are also verified against the corrected clock.
        await again.SendPingAsync();
        await harness.RoundTripsAsync(1);
    }

    [Fact]
    public async Task Corrects_the_clock_when_a_later_frame_is_rejected()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        // The gateway's clock moves forward during the connection.
        server.ClockOffset = TimeSpan.FromHours(1);
        await harness.Client.SendAsync("message", default);
        await harness.Client.SendAsync("message", "second"u8.ToArray());
        var refused = await server.ReadAsync("message");
        await server.ReadAsync("message");
        await server.SendCloseAsync(CloseReason.TokenExpired, inReplyTo: refused.Token);
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.Zero), (state.ClockOffset, state.RetryAfter!.Value));
    }

    [Fact]
    public async Task Ignores_the_time_of_a_token_expired_close_that_quotes_a_foreign_token()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        server.ClockOffset = TimeSpan.FromMinutes(2);
        await server.SendCloseAsync(CloseReason.TokenExpired, inReplyTo: new string('A', 43));
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(TimeSpan.Zero, state.ClockOffset);
        Assert.Equal(TimeSpan.FromSeconds(1), state.RetryAfter);
    }

    [Fact]
    public async Task Backs_off_when_the_clock_of_the_server_changes_with_each_attempt()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var delays = new List<double>();
        for (var i = 1; i <= 6; i++)
        {
            var server = await harness.Network.AcceptAsync();
            server.ClockOffset = TimeSpan.FromHours(i % 2 == 0 ? 10 : -10);
            var hello = await server.ReadAsync("hello");
            await server.SendCloseAsync(CloseReason.TokenExpired, inReplyTo: hello.Token);
            var waiting = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            delays.Add(waiting.RetryAfter!.Value.TotalSeconds);
            harness.Pass(waiting.RetryAfter.Value);
        }

        Assert.Equal([0, 2, 4, 8, 16, 32], delays);
    }

    [Fact]
    public async Task Does_not_correct_a_difference_below_one_second()
    {
        await using var harness = new ClientHarness();
        harness.Time.Advance(TimeSpan.FromMilliseconds(700));
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        var hello = await server.ReadAsync("hello");
        // The gateway sends whole seconds. Rounding alone makes its time appear 0.7 s behind.
        await server.SendCloseAsync(CloseReason.TokenExpired, inReplyTo: hello.Token);
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(1)), (state.ClockOffset, state.RetryAfter!.Value));
    }

    [Fact]
    public async Task Does_not_correct_the_clock_under_the_scheme_none()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { Tokens = ClientHarness.Tokens with { Scheme = TokenScheme.None } });
        var server = await harness.ConnectAsync();
        server.ClockOffset = TimeSpan.FromHours(1);
        await server.SendCloseAsync(CloseReason.TokenExpired, inReplyTo: "");
        Assert.Equal(TimeSpan.Zero, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).ClockOffset);
    }

    [Theory]
    [InlineData("close", "{}")]
    [InlineData("close", "no json")]
    [InlineData("welcome", "{}")]
    public async Task Reports_a_violation_when_a_protocol_frame_is_malformed(string type, string content)
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.SendAsync(type, content);
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(DisconnectKind.ProtocolViolation, state.LastDisconnect!.Kind);
        Assert.Contains(type, state.LastDisconnect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_a_pending_close_frame_after_a_failed_write()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        server.Client.Pipe.FailWrites = true;
        await harness.Client.SendAsync("message", default);
        await Wait.UntilAsync(() => server.Client.Pipe.WritesFailed > 0, "a write failed");
        await server.SendCloseAsync(CloseReason.Kicked);
        Assert.Equal(CloseReason.Kicked, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Reason);
    }
}
