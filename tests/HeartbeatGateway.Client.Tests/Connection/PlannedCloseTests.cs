using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client.Tests.Connection;

/// <summary>What a client does with its messages when the gateway closes the connection.</summary>
public sealed class PlannedCloseTests
{
    [Fact]
    public async Task Finishes_the_write_under_way_ends_the_stream_and_keeps_the_rest_for_the_next_connection()
    {
        await using var harness = new ClientHarness();
        harness.Network.WriteWindow = 400;
        var server = await harness.ConnectAsync();
        var pipe = server.Client.Pipe;
        var before = pipe.BytesWritten;
        for (var i = 0; i < 500; i++) await harness.Client.SendAsync("message", BitConverter.GetBytes(i));
        // A write is under way: it fills the window.
        await Wait.UntilAsync(() => pipe.BytesWritten > before, "the client writes");
        await server.SendCloseAsync(CloseReason.Draining, after: TimeSpan.Zero, end: false);
        // Nothing more fits into the window until the client has read the close.
        await Wait.UntilAsync(() => pipe.IsWaitingForInput && !pipe.HasInput, "the client reads the close");
        server.End();
        var first = (await server.ReadToEndAsync()).Where(f => f.Type == "message").Select(f => BitConverter.ToInt32(f.Content)).ToList();
        var end = (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Assert.InRange(first.Count, 1, 60);
        Assert.Equal(first.Count, end.UnconfirmedMessages);
        Assert.EndsWith($"not confirmed by an answered ping: {first.Count}.", end.Message, StringComparison.Ordinal);

        harness.Network.WriteWindow = 1_000_000;
        var again = await harness.Network.AcceptAsync();
        await again.WelcomeAsync();
        for (var i = first.Count; i < 500; i++) Assert.Equal(i, BitConverter.ToInt32((await again.ReadAsync("message")).Content));
    }

    [Fact]
    public async Task Counts_only_the_messages_after_the_last_answered_ping()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        for (var i = 0; i < 3; i++) await harness.Client.SendAsync("message", default);
        for (var i = 0; i < 3; i++) await server.ReadAsync("message");
        harness.Pass(5);
        await server.ReadAsync("ping");
        await server.SendPingAsync();
        await harness.RoundTripsAsync(2);
        await harness.Client.SendAsync("message", default);
        await harness.Client.SendAsync("message", default);
        for (var i = 0; i < 2; i++) await server.ReadAsync("message");
        server.End();
        Assert.Equal(2, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.UnconfirmedMessages);
    }

    [Fact]
    public async Task A_gateway_that_does_not_end_its_stream_after_a_close_is_left_after_two_seconds()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendCloseAsync(CloseReason.Draining, end: false);
        await server.ReadToEndAsync();
        harness.Pass(1.999);
        Assert.Equal(GatewayClientStatus.Connected, harness.Client.State.Status);
        harness.Pass(0.001);
        Assert.Equal(CloseReason.Draining, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Reason);
    }

    [Fact]
    public async Task Reconnects_at_once_when_the_maximum_age_is_reached()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendCloseAsync(CloseReason.MaxAge);
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.Equal(TimeSpan.Zero, state.RetryAfter);
        Assert.Contains("max_age (the connection has reached its maximum age)", state.LastDisconnect!.Message, StringComparison.Ordinal);
        await harness.Network.AcceptAsync();
    }
}
