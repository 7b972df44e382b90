using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class HeartbeatTests
{
    [Fact]
    public async Task Sends_a_ping_when_nothing_was_written_for_a_heartbeat_and_not_before()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 5; i++)
        {
            harness.Pass(4.999);
            Assert.False(server.TryTake(out _));
            harness.Pass(0.001);
            await server.ReadAsync("ping");
            await server.SendPingAsync();
            await harness.RoundTripsAsync(i + 2);
        }

        Assert.Equal(GatewayClientStatus.Connected, harness.Client.State.Status);
    }

    [Fact]
    public async Task Sends_one_ping_per_silence_while_it_sends_messages_all_the_time()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        for (var i = 0; i < 4; i++)
        {
            harness.Pass(1);
            await harness.Client.SendAsync("message", default);
            await server.ReadAsync("message");
        }

        harness.Pass(1);
        await server.ReadAsync("ping");
        // No second ping is sent while the first one is unanswered.
        for (var i = 0; i < 4; i++)
        {
            harness.Pass(1);
            await harness.Client.SendAsync("message", default);
            await server.ReadAsync("message");
        }

        harness.Pass(0.999);
        Assert.False(server.Client.Pipe.IsAborted);
        harness.Pass(0.001);
        Assert.Equal(DisconnectKind.Dead, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);
    }

    [Fact]
    public async Task Does_not_answer_a_ping_from_the_gateway()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 20; i++) await server.SendPingAsync();
        await server.SendAsync("message", "read");
        await foreach (var _ in harness.Client.ReadMessagesAsync()) break;
        harness.Pass(4.9);
        Assert.False(server.TryTake(out _));
        await harness.RoundTripsAsync(1);
        // Twenty of the pings answer none of the client's pings, so they have no round-trip time.
        Assert.Single(harness.RoundTrips);
    }

    [Fact]
    public async Task Assigns_a_late_answer_to_its_own_ping()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        harness.Pass(5);
        await server.ReadAsync("ping");
        // This message restarts the server timeout; it does not answer the ping.
        await server.SendAsync("message", "alive");
        await foreach (var _ in harness.Client.ReadMessagesAsync()) break;
        harness.Pass(5);
        await server.ReadAsync("ping");
        harness.Pass(1);
        await server.SendPingAsync();
        await harness.RoundTripsAsync(2);
        harness.Pass(0.5);
        await server.SendPingAsync();
        await harness.RoundTripsAsync(3);
        Assert.Equal([TimeSpan.Zero, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(1.5)], harness.RoundTrips);
        Assert.Equal(7.5, harness.Meters["heartbeat.rtt"]);
    }

    [Fact]
    public async Task A_granted_heartbeat_applies_to_its_connection_only()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.WelcomeAsync(heartbeat: TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.FromSeconds(20), (await harness.States.UntilAsync(GatewayClientStatus.Connected)).Heartbeat);
        await harness.RoundTripsAsync(1);
        harness.Pass(19.999);
        Assert.False(server.TryTake(out _));
        harness.Pass(0.001);
        await server.ReadAsync("ping");
        harness.Pass(19.999);
        Assert.False(server.Client.Pipe.IsAborted);
        harness.Pass(0.001);
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(DisconnectKind.Dead, state.LastDisconnect!.Kind);
        Assert.Equal(TimeSpan.FromSeconds(5), state.Heartbeat);
    }

    [Fact]
    public async Task Closes_the_connection_at_the_server_timeout_and_reports_the_length_of_the_silence()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        harness.Pass(5);
        await server.ReadAsync("ping");
        harness.Pass(4.999);
        Assert.False(server.Client.Pipe.IsAborted);
        harness.Pass(0.001);
        Assert.True(server.Client.Pipe.IsAborted);
        var end = (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Assert.Equal(DisconnectKind.Dead, end.Kind);
        Assert.StartsWith("No byte was received for 10.000 s; 1 pings unanswered, 0 frames wait to be sent", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_frame_that_makes_progress_keeps_the_connection_open()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        var frame = server.Encode("firmware", new byte[60_000]);
        const int Piece = 2_000;
        for (var sent = 0; sent < frame.Length; sent += Piece)
        {
            harness.Pass(9);
            Assert.Equal(GatewayClientStatus.Connected, harness.Client.State.Status);
            var piece = Math.Min(Piece, frame.Length - sent);
            var before = server.Client.Pipe.BytesRead;
            await server.SendRawAsync(frame.AsMemory(sent, piece));
            await Wait.UntilAsync(() => server.Client.Pipe.BytesRead == before + piece && server.Client.Pipe.IsWaitingForInput, "the piece was read");
        }

        await foreach (var message in harness.Client.ReadMessagesAsync())
        {
            Assert.Equal(60_000, message.Content.Length);
            break;
        }
    }

    [Fact]
    public async Task A_pause_of_the_process_does_not_count_as_silence_of_the_gateway()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        // All timers of these 60 s fire at their end, as after a stall of the process.
        harness.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(server.Client.Pipe.IsAborted);
        await server.ReadAsync("ping");
        await server.SendPingAsync();
        await harness.RoundTripsAsync(2);
        Assert.Equal(GatewayClientStatus.Connected, harness.Client.State.Status);
    }

    [Fact]
    public async Task Detects_a_silent_gateway_after_repeated_pauses_of_the_process()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        for (var i = 0; i < 10 && !server.Client.Pipe.IsAborted; i++)
        {
            harness.Time.Advance(TimeSpan.FromSeconds(30));
            harness.Pass(9);
        }

        Assert.Equal(DisconnectKind.Dead, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);
    }

    [Fact]
    public async Task Unread_bytes_keep_the_connection_open()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        server.Client.ClaimsUnreadInput = true;
        harness.Pass(19.999);
        Assert.False(server.Client.Pipe.IsAborted);
        server.Client.ClaimsUnreadInput = false;
        harness.Pass(0.001);
        Assert.True(server.Client.Pipe.IsAborted);
    }
}
