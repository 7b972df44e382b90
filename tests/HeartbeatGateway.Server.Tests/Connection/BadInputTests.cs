using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Connection;

/// <summary>Every kind of bad input ends its own connection with the right reason in metric and log, and no other connection.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string, string> Violations => new()
    {
        { "an HTTP request", "bad_magic" },
        { "a TLS hello", "bad_magic" },
        { "length -1", "bad_length" },
        { "length 0x80000000", "bad_length" },
        { "length 0x7FFFFFFF", "bad_length" },
        { "length 0x7FFFFF62", "bad_length" },
        { "a first frame above its limit", "bad_length" },
        { "a wrong token", "token_invalid" },
        { "an empty token", "token_invalid" },
        { "a truncated token", "token_invalid" },
        { "an unknown key", "token_invalid" },
        { "an answer played back", "token_invalid" },
        { "an expired token", "token_expired" },
        { "a token of the future", "token_expired" },
        { "30 February", "bad_date" },
        { "24:00:00", "bad_date" },
        { "no date at all", "bad_date" },
        { "full-width digits", "bad_date" },
        { "end of stream in the header", "truncated" },
        { "end of stream in the content", "truncated" },
        { "end of stream between frames", "peer_closed" },
        { "a reset", "peer_reset" },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Bad_input_ends_its_own_connection_with_the_right_reason(string input, string reason)
    {
        using var gateway = new EngineHarness();
        var neighbour = await gateway.ConnectedAsync();
        var client = gateway.Connect();
        await client.SendAsync(Bytes(input, client));
        if (input == "a reset") client.CloseOutput(new Microsoft.AspNetCore.Connections.ConnectionResetException("reset"));
        else if (reason is "truncated" or "peer_closed") client.CloseOutput();
        if (reason == "token_expired") client.CloseOutput();
        await client.Handler;

        Assert.Equal(1, gateway.Closed(reason));
        var line = Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ConnectionClosed");
        Assert.Contains($"closed: {reason};", line.Message, StringComparison.Ordinal);
        await neighbour.PingAsync();
        Assert.Single(neighbour.TakeFrames());
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData("a wrong token", "mismatch")]
    [InlineData("an empty token", "malformed")]
    [InlineData("a truncated token", "malformed")]
    [InlineData("an unknown key", "unknown_key")]
    [InlineData("an answer played back", "mismatch")]
    [InlineData("an expired token", "expired")]
    [InlineData("a token of the future", "future")]
    public async Task A_token_failure_is_counted_by_its_cause(string input, string cause)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(Bytes(input, client));
        client.CloseOutput();
        await client.Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", cause)));
        Assert.Equal(1, gateway.Metrics.Sum("heartbeatgateway.token_failures"));
    }

    [Fact]
    public async Task An_expired_token_is_answered_with_the_time_of_the_gateway_and_the_expired_token()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var frame = Bytes("an expired token", client);
        await client.SendAsync(frame);
        var (type, content) = await client.ReadFrameAsync();
        client.CloseOutput();
        await client.Handler;

        Assert.Equal("close", type);
        var close = JsonDocument.Parse(content).RootElement;
        Assert.Equal("token_expired", close.GetProperty("reason").GetString());
        Assert.True(close.GetProperty("retry").GetBoolean());
        Assert.Equal("2026-11-22T10:00:00Z", close.GetProperty("serverTime").GetString());
        Assert.Equal(Encoding.ASCII.GetString(frame, FrameFormat.TokenOffset, 43), close.GetProperty("inReplyTo").GetString());
    }

    [Fact]
    public async Task A_token_that_does_not_verify_is_never_answered()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(Bytes("a wrong token", client));
        await client.Handler;
        Assert.Empty(client.TakeFrames());
    }

    [Fact]
    public async Task Memory_is_not_allocated_by_the_declared_length()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var bytes = Bytes("length 0x7FFFFF62", client);
        // The gateway reads on this thread before the write returns. The allocations of other tests, on other threads, are not counted.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sending = client.SendAsync(bytes);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        await sending;
        await client.Handler;
        Assert.Equal(1, gateway.Closed("bad_length"));
        Assert.InRange(allocated, 0, 64 * 1024);
    }

    [Fact]
    public async Task In_scan_mode_the_gateway_finds_the_next_frame_after_garbage()
    {
        using var gateway = new EngineHarness(o => o.Frames.Resync = FrameResync.Scan);
        var client = gateway.Connect();
        await client.SendAsync(new byte[2048]);
        await client.PingAsync();
        Assert.Single(client.TakeFrames());
        await client.SendAsync(Encoding.ASCII.GetBytes(new string('x', 2049)));
        await client.Handler;
        Assert.Equal(1, gateway.Closed("bad_magic"));
    }

    [Fact]
    public async Task Text_from_a_peer_stays_on_one_log_line()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("a\r\nb{X}\u001b[31m", "first\r\nsecond {Y} \u001b[0m\u2028"));
        var line = Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "MessageReceived");
        Assert.DoesNotContain(line.Message, c => char.IsControl(c) || c == '\u2028');
        Assert.Contains("a\\u000D\\u000Ab{X}\\u001B[31m", line.Message, StringComparison.Ordinal);
        Assert.Contains("{Y}", line.Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(string input, InMemoryClient client)
    {
        switch (input)
        {
            case "an HTTP request": return "GET / HTTP/1.1\r\nHost: gateway\r\n\r\n"u8.ToArray();
            case "a TLS hello": return [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03];
            case "length -1": return WithLength(client.Ping, -1);
            case "length 0x80000000": return WithLength(client.Ping, int.MinValue);
            case "length 0x7FFFFFFF": return WithLength(client.Ping, int.MaxValue);
            case "length 0x7FFFFF62": return WithLength(client.Ping, 0x7FFFFF62)[..8];
            case "a first frame above its limit": return client.Frame("message", new string('x', 4097));
            case "a wrong token": return WithToken(client.Ping, new string('A', 43));
            case "an empty token": return WithToken(client.Ping, "");
            case "a truncated token": return WithToken(client.Ping, Encoding.ASCII.GetString(client.Ping, FrameFormat.TokenOffset, 42));
            case "an unknown key": return WithToken(client.Ping, "k9." + Encoding.ASCII.GetString(client.Ping, FrameFormat.TokenOffset, 43));
            case "an answer played back":
                var gatewaySide = new TokenKeyring(new() { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] }, TokenRole.Gateway);
                return gatewaySide.Keys[0].Bare.Ping(client.UnixSeconds).ToArray();
            case "an expired token": return client.Signer.Ping(client.UnixSeconds - 301).ToArray();
            case "a token of the future": return client.Signer.Ping(client.UnixSeconds + 301).ToArray();
            case "30 February": return WithDate("2026-02-30 10:00:00");
            case "24:00:00": return WithDate("2026-11-22 24:00:00");
            case "no date at all": return WithDate("");
            case "full-width digits": return WithDate("２０２６-11-22 10:00:00");
            case "end of stream in the header": return client.Ping[..100];
            case "end of stream in the content": return client.Frame("message", "content")[..160];
            case "end of stream between frames" or "a reset": return client.Ping;
            default: throw new ArgumentOutOfRangeException(nameof(input), input, "unknown input");
        }
    }

    private static byte[] WithLength(byte[] frame, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(FrameFormat.LengthOffset), length);
        return frame;
    }

    private static byte[] WithToken(byte[] frame, string token)
    {
        FrameFormat.WriteField(Encoding.ASCII.GetBytes(token), frame.AsSpan(FrameFormat.TokenOffset, FrameFormat.FieldLength));
        return frame;
    }

    /// <summary>A ping with the given date and a token that verifies.</summary>
    private static byte[] WithDate(string date)
    {
        var frame = new byte[FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(frame, FrameKinds.Ping, 0, Encoding.UTF8.GetBytes(date));
        byte[] signed = [.. frame[..FrameFormat.TokenOffset], .. frame[FrameFormat.CreatedOffset..]];
        var mac = System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(TestSecrets.Secret), signed);
        return WithToken(frame, System.Buffers.Text.Base64Url.EncodeToString(mac));
    }
}
