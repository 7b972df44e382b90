using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class HandshakeTests
{
    private static readonly GatewayClientOptions Anonymous = ClientHarness.Options with { ClientId = null };

    [Fact]
    public async Task Sends_hello_and_ping_first_and_connects_on_the_welcome()
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
        Assert.Matches("^heartbeatgateway-dotnet/[0-9]+\\.[0-9]+\\.[0-9]+[^+]*$", hello.Library);
        await server.ReadAsync("ping");
        Assert.False(connecting.IsCompleted);
        Assert.Equal(GatewayClientStatus.Connecting, harness.Client.State.Status);

        await server.SendWelcomeAsync("session-9", TimeSpan.FromSeconds(4), reconnected: true, resumed: true, generation: 42);
        await connecting.WaitAsync(Wait.Limit);
        var state = harness.Client.State;
        Assert.Equal(GatewayClientStatus.Connected, state.Status);
        Assert.Equal(
            ("session-9", 42L, true, true, TimeSpan.FromSeconds(4)),
            (state.SessionId, state.Generation!.Value, state.Reconnected, state.Resumed, state.Heartbeat));
        Assert.Equal(harness.Network.Tried.Single().EndPoint, state.Endpoint);
    }

    [Fact]
    public async Task Sends_the_library_of_its_options()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { Library = "pump-firmware/3.2" });
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        Assert.Equal("pump-firmware/3.2", (await server.ReadAsync("hello")).Hello.Library);
    }

    [Theory]
    [InlineData("0.1.0+5d41402abc", "heartbeatgateway-dotnet/0.1.0")]
    [InlineData("0.1.0-rc.1", "heartbeatgateway-dotnet/0.1.0-rc.1")]
    [InlineData(null, "heartbeatgateway-dotnet/unknown")]
    [InlineData("a version that is longer than the field of a hello may be in all", "heartbeatgateway-dotnet/unknown")]
    public void Names_its_version_in_the_form_of_the_protocol(string? version, string expected) => Assert.Equal(expected, Client.Connection.OwnLibrary.Of(version));

    [Fact]
    public async Task Waits_at_most_10_s_for_the_first_answer_with_a_long_heartbeat()
    {
        var options = ClientHarness.Options with { Heartbeat = TimeSpan.FromHours(1), ServerTimeout = TimeSpan.FromHours(2) };
        await using var harness = new ClientHarness(options);
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
    public async Task Each_hello_has_a_new_nonce_a_higher_attempt_and_the_last_session()
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
    public async Task Connects_anonymously_to_a_server_without_hello_support()
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
        // An anonymous client requests no welcome.
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
    public async Task Sends_no_queued_frame_before_the_answer()
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
    public async Task Closes_the_connection_at_the_limit_when_the_gateway_accepts_and_never_answers()
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
        Assert.Contains("sent no valid answer for 10.000 s", state.LastDisconnect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_bytes_do_not_extend_the_handshake()
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
    public async Task Ignores_an_answer_that_is_too_old_or_too_new()
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
            await server.SendCloseAsync(Protocol.CloseReason.Banned, retry: false, end: false);
        }

        await Wait.UntilAsync(() => harness.Logs.GetSnapshot().Count(l => l.Id.Name == "FrameIgnored") == 6, "six frames were ignored");
        Assert.Equal(GatewayClientStatus.Connecting, harness.Client.State.Status);
        server.ClockOffset = TimeSpan.Zero;
        await server.SendWelcomeAsync("true");
        Assert.Equal("true", (await harness.States.UntilAsync(GatewayClientStatus.Connected)).SessionId);
    }

    [Fact]
    public async Task Ignores_a_second_welcome()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendWelcomeAsync("another");
        await Wait.UntilAsync(() => harness.Logs.GetSnapshot().Any(l => l.Id.Name == "FrameIgnored"), "the frame was ignored");
        Assert.Equal("session-1", harness.Client.State.SessionId);
    }

    [Fact]
    public async Task Delivers_a_message_before_the_answer_but_stays_connecting()
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
    public async Task Tokens_contain_the_key_id_when_NameKey_is_set(bool nameKey, string pattern)
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
    public async Task Connects_with_each_token_scheme(TokenScheme scheme)
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { Tokens = ClientHarness.Tokens with { Scheme = scheme } });
        await harness.ConnectAsync();
        Assert.Equal("session-1", harness.Client.State.SessionId);
    }
}
