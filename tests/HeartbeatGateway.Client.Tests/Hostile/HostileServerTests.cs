using System.Buffers.Binary;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Hostile;

/// <summary>After any misbehaviour of the server, the client closes the connection cleanly, backs off and tries again.</summary>
public sealed class HostileServerTests
{
    public static TheoryData<string, byte[]> Garbage => new()
    {
        { "no magic", "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray() },
        { "wrong first byte", [1] },
        { "wrong fourth byte", [0, 0, 0, 0x77] },
        { "negative length", Header(-1) },
        { "smallest length", Header(int.MinValue) },
        { "one above the limit", Header((1024 * 1024) + 1) },
        { "largest length", Header(int.MaxValue) },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Closes_the_connection_at_the_first_invalid_bytes(string what, byte[] bytes)
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        var allocated = GC.GetTotalAllocatedBytes();
        await server.SendRawAsync(bytes);
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.True(state.LastDisconnect!.Kind == DisconnectKind.ProtocolViolation, what);
        Assert.True(GC.GetTotalAllocatedBytes() - allocated < 100_000_000, "A buffer was allocated for the declared length.");
        Assert.True(server.Client.Pipe.IsAborted);
    }

    [Fact]
    public async Task Rejects_a_frame_that_is_signed_for_the_client_direction()
    {
        var client = new TokenKeyring(ClientHarness.Tokens, TokenRole.Client);
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendRawAsync(client.Keys[0].Bare.Ping(server.UnixSeconds));
        Assert.Equal(DisconnectKind.ProtocolViolation, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);
    }

    [Fact]
    public async Task Rejects_a_tampered_frame()
    {
        for (var position = 8; position < 160; position += 13)
        {
            await using var harness = new ClientHarness();
            var server = await harness.ConnectAsync();
            var frame = server.Encode("message", "12"u8.ToArray());
            frame[position] ^= 1;
            await server.SendRawAsync(frame);
            var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            Assert.True(state.LastDisconnect!.Kind == DisconnectKind.ProtocolViolation, $"{position}: {state.LastDisconnect}");
        }
    }

    [Fact]
    public async Task Backs_off_when_the_server_closes_immediately_a_thousand_times()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        for (var i = 0; i < 1000; i++)
        {
            (await harness.Network.AcceptAsync()).End();
            var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            Assert.Equal(TimeSpan.FromSeconds(i < 6 ? 1 << i : 60), state.RetryAfter);
            Assert.Equal(DisconnectKind.EndOfStream, state.LastDisconnect!.Kind);
            await Wait.UntilAsync(() => harness.Network.Open == 0, "the connection was freed");
            harness.Time.Advance(state.RetryAfter!.Value);
        }

        Assert.Equal(1000, harness.Meters["connection.attempts|outcome=end_of_stream"]);
        Assert.Single(harness.Logs.GetSnapshot(), l => l.Level == Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task Backs_off_when_the_server_welcomes_and_closes_a_thousand_times()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        for (var i = 0; i < 1000; i++)
        {
            var server = await harness.Network.AcceptAsync();
            await server.SendWelcomeAsync($"session-{i}");
            await server.SendCloseAsync(Protocol.CloseReason.Draining, after: TimeSpan.Zero);
            var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
            // The first slot applies. Repeated slots of zero do not override the backoff.
            Assert.Equal(TimeSpan.FromSeconds(i == 0 ? 0 : i < 6 ? 1 << i : 60), state.RetryAfter);
            harness.Time.Advance(state.RetryAfter!.Value);
        }

        Assert.Equal(999, harness.Meters["reconnects"]);
    }

    [Fact]
    public async Task Reads_a_stream_that_is_split_at_any_byte()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        var one = server.Encode("message", "0123456789"u8.ToArray());
        var two = server.Encode("message", []);
        byte[] both = [.. one, .. two];
        await using var messages = harness.Client.ReadMessagesAsync().GetAsyncEnumerator();
        for (var cut = 0; cut <= both.Length; cut++)
        {
            await server.SendRawAsync(both.AsMemory(0, cut));
            await Wait.UntilAsync(() => server.Client.Pipe.IsWaitingForInput && !server.Client.Pipe.HasInput, "the first piece was read");
            await server.SendRawAsync(both.AsMemory(cut));
            Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(Wait.Limit));
            Assert.Equal("0123456789"u8.ToArray(), messages.Current.Content.ToArray());
            Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(Wait.Limit));
            Assert.Equal(0, messages.Current.Content.Length);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(157)]
    [InlineData(4096)]
    public async Task Reads_a_stream_with_any_read_size(int piece)
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        server.Client.Pipe.MaxRead = piece;
        var random = new Random(piece);
        await using var messages = harness.Client.ReadMessagesAsync().GetAsyncEnumerator();
        for (var i = 0; i < 50; i++)
        {
            var content = new byte[random.Next(3000)];
            random.NextBytes(content);
            await server.SendAsync("message", content);
            Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(Wait.Limit));
            Assert.Equal(content, messages.Current.Content.ToArray());
        }
    }

    [Fact]
    public async Task Reports_an_end_of_stream_inside_a_frame()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendRawAsync(server.Encode("message", []).AsMemory(0, 157));
        server.End();
        var state = await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        Assert.StartsWith("The gateway ended the stream inside a frame", state.LastDisconnect!.Message, StringComparison.Ordinal);
    }

    /// <summary>A gateway that declares a large frame and sends none of it uses a small buffer, and the server timeout ends the connection.</summary>
    [Fact]
    public async Task Allocates_no_large_buffer_for_a_frame_that_is_only_declared()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { MaxContentBytes = 500_000_000, ReceiveQueueBytes = 500_000_000 });
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await server.SendRawAsync(Header(500_000_000));
        await Wait.UntilAsync(() => server.Client.Pipe.IsWaitingForInput && !server.Client.Pipe.HasInput, "the header was read");
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 50_000_000);
        harness.Pass(10);
        Assert.Equal(DisconnectKind.Dead, (await harness.States.UntilAsync(GatewayClientStatus.Waiting)).LastDisconnect!.Kind);
    }

    private static byte[] Header(int length)
    {
        var header = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x76);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), length);
        return header;
    }
}
