using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Acknowledgements;

/// <summary>A graceful shutdown sends what is queued, waits for the acknowledgements, and reports what stays without.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task Dispose_sends_the_queued_frames_and_ends_the_stream_after_the_last_acknowledgement()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { MaxUnacknowledged = 2 });
        var server = await harness.GrantAsync();
        var sending = Enumerable.Range(0, 3).Select(_ => harness.Client.SendAcknowledgedAsync("message", default)).ToArray();
        var disposing = harness.Client.DisposeAsync().AsTask();
        await server.ReadAsync("message");
        await server.ReadAsync("message");
        await server.SendAckAsync(2);
        await server.ReadAsync("message");
        await Wait.SettleAsync();
        Assert.False(disposing.IsCompleted);
        await server.SendAckAsync(3);
        Assert.Empty(await server.ReadToEndAsync());
        server.End();
        await disposing.WaitAsync(Wait.Limit);
        Assert.Equal(Enumerable.Range(1, 3).Select(n => (long)n), await Task.WhenAll(sending));
        Assert.Equal(0, harness.Client.State.LastDisconnect!.UnacknowledgedMessages);
        Assert.Contains("gracefully", harness.Client.State.LastDisconnect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_waits_at_most_for_the_close_timeout_and_reports_what_is_not_acknowledged()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        var sending = harness.Client.SendAcknowledgedAsync("message", default);
        await harness.Client.SendAsync("message", default);
        await server.ReadAsync("message");
        await server.ReadAsync("message");
        var disposing = harness.Client.DisposeAsync().AsTask();
        while (!disposing.IsCompleted)
        {
            harness.Time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.WhenAny(disposing, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
        }

        await disposing;
        var end = harness.Client.State.LastDisconnect!;
        Assert.Contains("did not acknowledge all messages within 2.000 s", end.Message, StringComparison.Ordinal);
        Assert.EndsWith("Messages that were sent and are not acknowledged: 2.", end.Message, StringComparison.Ordinal);
        Assert.Equal((2, 2), (end.UnacknowledgedMessages, harness.Client.State.UnacknowledgedMessages));
        Assert.Equal(2, harness.Client.CountDropped(MessageDropReason.NotAcknowledgedAtStop));
        var exception = await Assert.ThrowsAsync<MessageNotAcknowledgedException>(() => sending);
        Assert.Equal((AcknowledgementFailure.Stopped, true, DisconnectKind.Disposed), (exception.Failure, exception.WasSent, exception.End!.Kind));
        Assert.Contains("may have arrived", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, harness.Meters["messages.unacknowledged"]);
        Assert.Contains(harness.Logs.GetSnapshot(), l => l.Message.Contains("2 messages sent and not acknowledged when the client stopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Heartbeats_go_on_while_a_dispose_waits_for_acknowledgements()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { CloseTimeout = TimeSpan.FromSeconds(30) });
        var server = await harness.GrantAsync();
        await harness.RoundTripsAsync(1);
        await harness.Client.SendAsync("message", default);
        await server.ReadAsync("message");
        var disposing = harness.Client.DisposeAsync().AsTask();
        await Wait.UntilAsync(() => !harness.Client.TrySend("message", default), "the send queue was closed");
        await Wait.SettleAsync();
        for (var i = 2; i <= 4; i++)
        {
            harness.Pass(5);
            await server.ReadAsync("ping");
            await server.SendPingAsync();
            await harness.RoundTripsAsync(i);
        }

        await server.SendAckAsync(1);
        Assert.Empty(await server.ReadToEndAsync());
        server.End();
        await disposing.WaitAsync(Wait.Limit);
        Assert.Contains("gracefully", harness.Client.State.LastDisconnect!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_gateway_ends_the_wait()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged with { CloseTimeout = TimeSpan.FromHours(1) });
        var server = await harness.GrantAsync();
        await harness.Client.SendAsync("message", default);
        await server.ReadAsync("message");
        var disposing = harness.Client.DisposeAsync().AsTask();
        server.End();
        await disposing.WaitAsync(Wait.Limit);
        Assert.Equal(1, harness.Client.State.LastDisconnect!.UnacknowledgedMessages);
    }

    [Fact]
    public async Task Dispose_between_two_connections_reports_what_was_kept_and_what_was_queued()
    {
        await using var harness = new ClientHarness(ClientHarness.Acknowledged);
        var server = await harness.GrantAsync();
        var sent = harness.Client.SendAcknowledgedAsync("message", default);
        await server.ReadAsync("message");
        server.Reset();
        await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        var queued = harness.Client.SendAcknowledgedAsync("message", default);
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        Assert.True((await Assert.ThrowsAsync<MessageNotAcknowledgedException>(() => sent)).WasSent);
        Assert.False((await Assert.ThrowsAsync<MessageNotAcknowledgedException>(() => queued)).WasSent);
        Assert.Equal(1, harness.Client.State.LastDisconnect!.UnacknowledgedMessages);
        Assert.Equal(1, harness.Client.CountDropped(MessageDropReason.NotAcknowledgedAtStop));
        Assert.Equal(1, harness.Client.CountDropped(MessageDropReason.NotSentAtStop));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => harness.Client.SendAcknowledgedAsync("message", default));
    }
}
