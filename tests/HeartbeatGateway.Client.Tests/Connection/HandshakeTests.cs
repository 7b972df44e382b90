using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class HandshakeTests
{
    private static readonly GatewayClientOptions Anonymous = ClientHarness.Options with { ClientId = null };

    [Fact]
    public async Task Hello_and_ping_go_first_and_the_welcome_connects()
    {
        await using var harness = new ClientHarness();
        Assert.Equal(GatewayClientStatus.Idle, harness.Client.State.Status);
        var connecting = harness.Client.ConnectAsync();
        var server = await harness.Network.AcceptAsync();
        var hello = (await server.ReadAsync("hello")).Hello;
        Assert.Equal("pump-17", hello.ClientId);
        Assert.Equal(TimeSpan.FromSeconds(5), hello.Heartbeat);
        Assert.Equal(["close"], hello.Features);
        Assert.Equal(1, hello.Attempt);
        Assert.InRange(hello.Nonce.Length, 16, 128);
        Assert.NotNull(hello.Instance);
        Assert.Null(hello.Resume);
        await server.ReadAsync("ping");
        Assert.False(connecting.IsCompleted);
        Assert.Equal(GatewayClientStatus.Connecting, harness.Client.State.Status);

        await server.SendWelcomeAsync("session-9", TimeSpan.FromSeconds(4), reconnected: true, resumed: true, generation: 42);
        await connecting.WaitAsync(Wait.Limit);
        var state = harness.Client.State;
        Assert.Equal(GatewayClientStatus.Connected, state.Status);
        Assert.Equal(("session-9", 42L, true, true, TimeSpan.FromSeconds(4)), (state.SessionId, state.Generation!.Value, state.Reconnected, state.Resumed, state.Heartbeat));
        Assert.Equal(harness.Network.Tried.Single().EndPoint, state.Endpoint);
    }

    [Fact]
    public async Task A_device_with_a_long_heartbeat_does_not_wait_that_long_for_a_first_answer()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { Heartbeat = TimeSpan.FromHours(1), ServerTimeout = TimeSpan.FromHours(2) });
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        await server.ReadAsync("ping");
        harness.Pass(9.9);
        Assert.Equal(GatewayClientStatus.Connecting, harness.Client.State.Status);
        harness.Pass(0.2);
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(DisconnectKind.Dead, state.LastDisconnect!.Kind);
    }

    [Fact]
    public async Task Each_hello_has_a_nonce_of_its_own_a_higher_attempt_and_the_last_session()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        var first = await server.WelcomeAsync("session-1");
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        server.End();
        await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        harness.Pass(1);
        var second = await (await harness.Network.AcceptAsync()).WelcomeAsync("session-2");

        Assert.Equal(first.Instance, second.Instance);
        Assert.NotEqual(first.Nonce, second.Nonce);
        Assert.True(second.Attempt > first.Attempt);
        Assert.Equal("session-1", second.Resume);
    }

    [Fact]
    public async Task A_server_that_knows_no_hello_is_served_anonymously()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        await server.ReadAsync("ping");
        await server.SendPingAsync();
        var state = await harness.States.UntilAsync(GatewayClientStatus.Connected);
        Assert.Null(state.SessionId);
        Assert.Null(state.Generation);
        Assert.Equal(TimeSpan.FromSeconds(5), state.Heartbeat);
        await harness.Client.SendAsync("message", "hello?"u8.ToArray());
        Assert.Equal("hello?", (await server.ReadAsync("message")).Text);
    }

    [Fact]
    public async Task An_anonymous_client_sends_a_ping_and_no_hello()
    {
        await using var harness = new ClientHarness(Anonymous);
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.AcceptAnonymousAsync();
        await harness.States.UntilAsync(GatewayClientStatus.Connected);
        // Nobody asked for a welcome.
        await server.SendWelcomeAsync("session-1");
        await server.SendAsync("message", "after it");
        await foreach (var message in harness.Client.ReadMessagesAsync())
        {
            Assert.Equal("message", message.Type);
            break;
        }

        Assert.Null(harness.Client.State.SessionId);
        Assert.Equal(GatewayClientStatus.Connected, harness.Client.State.Status);
    }

    [Fact]
    public async Task Nothing_is_sent_from_the_queue_before_the_answer()
    {
        await using var harness = new ClientHarness();
        await harness.Client.SendAsync("message", "early"u8.ToArray());
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        await server.ReadAsync("ping");
        harness.Pass(4.9);
        Assert.False(server.TryTake(out _));
        await server.SendWelcomeAsync();
        Assert.Equal("early", (await server.ReadAsync("message")).Text);
    }

    [Fact]
    public async Task A_gateway_that_accepts_and_is_mute_is_dead_at_the_limit_and_not_before()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        await server.ReadAsync("ping");
        harness.Pass(9.999);
        Assert.Equal(GatewayClientStatus.Connecting, harness.Client.State.Status);
        Assert.False(server.Client.Pipe.IsAborted);
        harness.Pass(0.001);
        Assert.True(server.Client.Pipe.IsAborted);
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(DisconnectKind.Dead, state.LastDisconnect!.Kind);
        Assert.Contains("gave no valid answer for 10.000 s", state.LastDisconnect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dripping_bytes_do_not_stretch_the_handshake()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        await server.ReadAsync("ping");
        var ping = server.Encode("ping", []);
        for (var i = 0; i < 100; i++)
        {
            await server.SendRawAsync(ping.AsMemory(i, 1));
            harness.Pass(0.1);
        }

        Assert.Equal(DisconnectKind.Dead, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);
    }

    [Fact]
    public async Task An_answer_that_is_too_old_or_too_new_is_not_believed()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        foreach (var minutes in new[] { -6, 6 })
        {
            server.ClockOffset = TimeSpan.FromMinutes(minutes);
            await server.SendWelcomeAsync("replayed");
            await server.SendPingAsync();
            await server.SendCloseAsync(Protocol.CloseReason.Banned, retry: false);
        }

        await Wait.UntilAsync(() => harness.Logs.GetSnapshot().Count(l => l.Id.Name == "FrameIgnored") == 6, "six frames were looked at");
        Assert.Equal(GatewayClientStatus.Connecting, harness.Client.State.Status);
        server.ClockOffset = TimeSpan.Zero;
        await server.SendWelcomeAsync("true");
        Assert.Equal("true", (await harness.States.UntilAsync(GatewayClientStatus.Connected)).SessionId);
    }

    [Fact]
    public async Task A_second_welcome_changes_nothing()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendWelcomeAsync("another");
        await Wait.UntilAsync(() => harness.Logs.GetSnapshot().Any(l => l.Id.Name == "FrameIgnored"), "the frame was looked at");
        Assert.Equal("session-1", harness.Client.State.SessionId);
    }

    [Fact]
    public async Task A_message_before_the_answer_is_delivered_and_is_no_answer()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.SendAsync("message", "broadcast");
        await foreach (var message in harness.Client.ReadMessagesAsync())
        {
            Assert.Equal("broadcast"u8.ToArray(), message.Content.ToArray());
            Assert.Equal(harness.Time.GetUtcNow(), message.ReceivedAt);
            break;
        }

        Assert.Equal(GatewayClientStatus.Connecting, harness.Client.State.Status);
    }

    [Theory]
    [InlineData(true, "^k1\\.[A-Za-z0-9_-]{43}$")]
    [InlineData(false, "^[A-Za-z0-9_-]{43}$")]
    public async Task Tokens_name_their_key_when_asked_to(bool nameKey, string pattern)
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { NameKey = nameKey });
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        Assert.Matches(pattern, (await server.ReadAsync("hello")).Token);
        Assert.Matches(pattern, (await server.ReadAsync("ping")).Token);
    }

    [Theory]
    [InlineData(TokenScheme.Digest)]
    [InlineData(TokenScheme.None)]
    public async Task Every_scheme_is_spoken(TokenScheme scheme)
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { Tokens = ClientHarness.Tokens with { Scheme = scheme } });
        await harness.ConnectAsync();
        Assert.Equal("session-1", harness.Client.State.SessionId);
    }
}
