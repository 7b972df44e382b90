using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests;

public sealed class GatewayClientConnectTests
{
    [Fact]
    public async Task A_cancelled_wait_says_why_the_last_attempt_failed()
    {
        await using var harness = new ClientHarness();
        harness.Network.Connecting = (_, _) => throw new TransportException(DisconnectKind.ConnectFailed, "Connecting failed: refused");
        using var cancel = new CancellationTokenSource();
        var connecting = harness.Client.ConnectAsync(cancel.Token);
        await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        await cancel.CancelAsync();
        var cancelled = await Assert.ThrowsAsync<ConnectCanceledException>(() => connecting);
        Assert.Equal(DisconnectKind.ConnectFailed, cancelled.LastEnd!.Kind);
        Assert.Contains("refused", cancelled.Message, StringComparison.Ordinal);
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
    }

    [Fact]
    public async Task Connecting_again_after_a_terminal_end_throws()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.Client.ConnectAsync().WaitAsync(Wait.Limit);
        await server.SendCloseAsync(CloseReason.Replaced, retry: false);
        await harness.States.UntilAsync(GatewayClientStatus.Stopped);
        Assert.Equal(CloseReason.Replaced, (await Assert.ThrowsAsync<GatewayClosedException>(() => harness.Client.ConnectAsync())).End.Reason);
    }

    [Fact]
    public async Task Rotated_secrets_apply_from_the_next_connection_and_a_failing_source_keeps_the_old_ones()
    {
        var rotated = new TokenKeyringOptions { Secrets = [new TokenSecret("k2", "another secret for tests")] };
        Func<TokenKeyringOptions> source = () => throw new IOException("no file");
        await using var harness = new ClientHarness(ClientHarness.Options with { TokenSource = () => source(), NameKey = true });
        var server = await harness.ConnectAsync();
        Assert.Contains(harness.Logs.GetSnapshot(), l => l.Id.Name == "TokenSourceFailed");
        source = () => rotated;
        server.End();
        harness.Pass((await harness.States.UntilAsync(GatewayClientStatus.Waiting)).RetryAfter!.Value);
        var again = await harness.Network.AcceptAsync();
        // The gateway of this test knows the old secret only.
        Assert.Contains("UnknownKey", (await Assert.ThrowsAnyAsync<Exception>(() => again.ReadAsync("hello"))).Message, StringComparison.Ordinal);
        Assert.Contains(harness.Logs.GetSnapshot(), l => l.Id.Name == "TokensRotated");
    }

    [Fact]
    public async Task Bytes_without_an_answer_to_a_ping_end_the_connection()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        var message = server.Encode("message", []);
        for (var i = 0; i < 60 && harness.Client.State.Status == GatewayClientStatus.Connected; i++)
        {
            await server.SendRawAsync(message.AsMemory(i, 1));
            await Wait.UntilAsync(() => server.Client.Pipe.IsAborted || server.Client.Pipe.IsWaitingForInput && !server.Client.Pipe.HasInput, "the byte was read");
            harness.Pass(1);
        }

        var end = (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!;
        Assert.Equal(DisconnectKind.Dead, end.Kind);
        Assert.StartsWith("The gateway has answered no ping for 3", end.Message, StringComparison.Ordinal);
    }
}
