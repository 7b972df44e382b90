using System.Buffers.Binary;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>The line about a refused frame names who the peer claims to be, the value seen and the limit, and no part of a secret or a token.</summary>
public sealed class RefusalLineTests
{
    private const string HelloText = """{"clientId":"pump-17","nonce":"0123456789abcdef"}""";

    [Theory]
    [InlineData(-4000, "expired")]
    [InlineData(4000, "future")]
    public async Task A_wrong_clock_is_logged_with_client_key_date_skew_and_limit(int seconds, string cause)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(TestSecrets.ClientKeyring().Keys[0].Named.Encode(FrameKinds.Hello, Encoding.UTF8.GetBytes(HelloText), client.UnixSeconds + seconds));
        var close = await client.ReadCloseAsync();
        client.CloseOutput();
        await client.Handler;
        var line = Line(gateway, "TokenRefused");
        Assert.Equal((cause, "pump-17", TestSecrets.KeyId, $"{seconds}"), (Value(line, "Cause"), Value(line, "ClaimedClientId"), Value(line, "ClaimedKeyId"), Value(line, "ClockSkewSeconds")));
        Assert.Equal(("192.0.2.1", "50000", "(anonymous)"), (Value(line, "RemoteAddress"), Value(line, "RemotePort"), Value(line, "ClientId")));
        Assert.Contains("claimed client 'pump-17', claimed key '" + TestSecrets.KeyId, line.Message, StringComparison.Ordinal);
        Assert.Contains($"{seconds} s from this gateway's time; the limit is 300 s", line.Message, StringComparison.Ordinal);
        Assert.Equal($"the frame is dated 4000 s {(seconds < 0 ? "before" : "after")} this gateway's time; the limit is 300 s", close.Detail);
    }

    [Fact]
    public async Task A_token_that_does_not_verify_is_logged_with_the_claims_and_without_the_token()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var frame = client.Frame("hello", HelloText);
        var token = Encoding.ASCII.GetString(frame, FrameFormat.TokenOffset, 43);
        frame[^3] = (byte)'0';
        await client.SendAsync(frame);
        await client.Handler;
        var line = Line(gateway, "TokenRefused");
        Assert.Equal(("mismatch", "pump-17", null, "0"), (Value(line, "Cause"), Value(line, "ClaimedClientId"), Value(line, "ClaimedKeyId"), Value(line, "ClockSkewSeconds")));
        Assert.All(gateway.Logs.GetSnapshot(), l => Assert.DoesNotContain(token[..8], l.Message + string.Join(' ', l.StructuredState!.Select(p => p.Value)), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("k9.", true, "unknown_key", "k9")]
    [InlineData("k9.short", false, "malformed", "k9")]
    [InlineData("secretsecret.x", false, "malformed", null)]
    [InlineData("a/b.x", false, "malformed", null)]
    [InlineData("nodot", false, "malformed", null)]
    public async Task Only_a_text_that_can_be_a_key_id_is_logged_as_one(string token, bool isWhole, string cause, string? keyId)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var frame = client.Ping;
        FrameFormat.WriteField(Encoding.ASCII.GetBytes(isWhole ? token + new string('A', 43) : token), frame.AsSpan(FrameFormat.TokenOffset, FrameFormat.FieldLength));
        await client.SendAsync(frame);
        await client.Handler;
        var line = Line(gateway, "TokenRefused");
        Assert.Equal((cause, keyId), (Value(line, "Cause"), Value(line, "ClaimedKeyId")));
        if (keyId is null) Assert.DoesNotContain(token[..4], line.Message, StringComparison.Ordinal);
        if (cause == "malformed") Assert.Contains($"token of {token.Length} characters", line.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claims_of_a_peer_are_escaped_and_bounded()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var frame = client.Frame("hello", $$"""{"clientId":"pump\r\n{{new string('x', 1_000)}}\u001b[31m","nonce":"0123456789abcdef"}""");
        FrameFormat.WriteField("2026-11-22\r\n\u001b[31m"u8, frame.AsSpan(FrameFormat.CreatedOffset, FrameFormat.FieldLength));
        await client.SendAsync(frame);
        await client.Handler;
        var line = Line(gateway, "TokenRefused");
        Assert.StartsWith("pump\\u000D\\u000Axxx", Value(line, "ClaimedClientId"), StringComparison.Ordinal);
        Assert.InRange(Value(line, "ClaimedClientId")!.Length, 100, 150);
        Assert.Equal("2026-11-22\\u000D\\u000A\\u001B[31m", Value(line, "ClaimedDate"));
        Assert.DoesNotContain(line.Message, char.IsControl);
    }

    [Fact]
    public async Task A_replayed_hello_is_logged_with_its_client()
    {
        using var gateway = new EngineHarness();
        var (first, second) = (gateway.Connect(), gateway.Connect());
        var frame = first.Frame("hello", HelloText);
        await first.SendAsync(frame);
        await second.SendAsync(frame);
        await second.Handler;
        var line = Line(gateway, "TokenRefused");
        Assert.Equal(("replayed", "pump-17"), (Value(line, "Cause"), Value(line, "ClaimedClientId")));
    }

    [Theory]
    [InlineData("evil name")]
    [InlineData("pump 17")]
    public async Task A_refused_hello_is_logged_with_the_client_id_that_it_claims(string clientId)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("hello", $$"""{"nonce":"0123456789abcdef","clientId":"{{clientId}}"}"""));
        await client.Handler;
        var line = Line(gateway, "HelloRefused");
        Assert.Equal((clientId, TestSecrets.KeyId, "192.0.2.1"), (Value(line, "ClaimedClientId"), Value(line, "KeyId"), Value(line, "RemoteAddress")));
    }

    [Fact]
    public async Task A_second_hello_is_logged_with_the_client_and_the_client_id_that_it_claims()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        await client.HelloAsync(EngineHarness.Hello("other"));
        await client.ClosedWithFrameAsync();
        var line = Line(gateway, "HelloRefused");
        Assert.Equal(("pump-17", "other"), (Value(line, "ClientId"), Value(line, "ClaimedClientId")));
    }

    [Theory]
    [InlineData(70_000, "content of 70000 bytes; the limit is 65536")]
    [InlineData(-1, "content of -1 bytes, which is negative; the limit is 65536")]
    [InlineData(int.MaxValue, "content of 2147483647 bytes; the limit is 65536")]
    public async Task A_length_above_the_limit_is_told_to_the_client_and_the_log_with_the_limit(int length, string detail)
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        await client.SendAsync(WithLength(client.Ping, length));
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.BadLength, detail), (close.Reason, close.Detail));
        var line = Line(gateway, "CloseExplained");
        Assert.Equal(("bad_length", detail, "pump-17", TestSecrets.KeyId), (Value(line, "Reason"), Value(line, "Detail"), Value(line, "ClientId"), Value(line, "KeyId")));
    }

    [Fact]
    public async Task Before_the_first_valid_frame_both_limits_of_the_length_are_logged()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(WithLength(client.Ping, 5_000));
        await client.Handler;
        Assert.Contains("content of 5000 bytes; the limit is 4096 before the first valid frame of a connection, and 65536 after it", Line(gateway, "CloseExplained").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-02-30 10:00:00", "'2026-02-30 10:00:00'")]
    [InlineData("", "''")]
    [InlineData("22.11.2026 10:00", "'22.11.2026 10:00'")]
    [InlineData("２０２６-11-22 10:00:00", "'２０２６-11-22 10:00:00'")]
    public async Task A_date_that_does_not_exist_is_logged_with_the_client_that_the_hello_claims(string date, string shown)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(HelloWithDate(date));
        await client.Handler;
        var line = Line(gateway, "CloseExplained");
        Assert.Equal(("bad_date", "pump-17", TestSecrets.KeyId), (Value(line, "Reason"), Value(line, "ClaimedClientId"), Value(line, "KeyId")));
        Assert.Contains($"created is {shown}, which is no existing date", line.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_violations_are_logged_with_the_value_seen()
    {
        using var gateway = new EngineHarness();
        var (magic, truncated) = (gateway.Connect(), gateway.Connect());
        await magic.SendAsync("GET / HTTP/1.1\r\n"u8.ToArray());
        await magic.Handler;
        await truncated.SendAsync(truncated.Frame("message", "content").AsMemory(0, 160));
        truncated.CloseOutput();
        await truncated.Handler;
        Assert.Equal(
            ["a frame must start with 00 00 00 76, and these bytes are 47 45 54 20 2F 20 48 54", "the stream ended after 2 of 7 bytes of content"],
            gateway.Logs.GetSnapshot().Where(l => l.Id.Name == "CloseExplained").Select(l => Value(l, "Detail")));
    }

    [Fact]
    public async Task Timeouts_and_the_maximum_age_are_told_to_the_client_with_the_limit()
    {
        using var gateway = new EngineHarness(o => o.Frames.FrameTimeout = TimeSpan.FromSeconds(2));
        var (idle, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("a", heartbeat: TimeSpan.FromSeconds(4)));
        var (slow, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("b"));
        await slow.SendAsync(slow.Frame("message", "content").AsMemory(0, 160));
        gateway.Advance(TimeSpan.FromSeconds(6.2));
        Assert.Equal("a frame with 7 bytes of content was not complete after 2 s, the limit for this length", (await slow.ClosedWithFrameAsync()).Detail);
        Assert.Equal("no byte was received for 6 s, the reader-idle limit of this connection", (await idle.ClosedWithFrameAsync()).Detail);

        using var aging = new EngineHarness(o => (o.Draining.MaxConnectionAge, o.Heartbeat.ReaderIdle) = (TimeSpan.FromSeconds(10), TimeSpan.Zero));
        var (old, _) = await aging.IdentifiedAsync();
        aging.Advance(TimeSpan.FromSeconds(11.1));
        Assert.Equal("the maximum age of a connection is 10 s, plus or minus a tenth", (await old.ClosedWithFrameAsync()).Detail);
    }

    [Fact]
    public async Task A_connection_that_ends_for_its_removed_key_says_which()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        gateway.Options.Tokens.Keys.Clear();
        gateway.Options.Tokens.Keys.Add(new() { Id = "k9", Secret = "another secret of tests" });
        gateway.Engine.Reconfigure(gateway.Options);
        await client.Handler;
        var line = Line(gateway, "CloseExplained");
        Assert.Equal(("token_invalid", TestSecrets.KeyId), (Value(line, "Reason"), Value(line, "KeyId")));
    }

    private static FakeLogRecord Line(EngineHarness gateway, string name) => Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == name);

    private static string? Value(FakeLogRecord line, string name) => line.GetStructuredStateValue(name);

    private static byte[] WithLength(byte[] frame, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(FrameFormat.LengthOffset), length);
        return frame;
    }

    /// <summary>A hello with the given date and a token that verifies.</summary>
    private static byte[] HelloWithDate(string date)
    {
        var content = Encoding.UTF8.GetBytes(HelloText);
        var header = new byte[FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(header, FrameKinds.Hello, content.Length, Encoding.UTF8.GetBytes(date));
        byte[] signed = [.. header[..FrameFormat.TokenOffset], .. header[FrameFormat.CreatedOffset..], .. content];
        var mac = System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(TestSecrets.Secret), signed);
        FrameFormat.WriteField(Encoding.ASCII.GetBytes(System.Buffers.Text.Base64Url.EncodeToString(mac)), header.AsSpan(FrameFormat.TokenOffset, FrameFormat.FieldLength));
        return [.. header, .. content];
    }
}
