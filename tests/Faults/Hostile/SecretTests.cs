using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>The gateway's output contains no secret, at any log level and after any failure.</summary>
public sealed class SecretTests
{
    private const string Secret = "correct-horse-battery-staple-9f";
    private const string Short = "too-short-one";

    private static readonly string[] Failures = ["malformed", "unknown_key", "mismatch", "expired", "future", "replayed"];

    /// <summary>What the output must not contain: the secret, and the key derived from it, in every encoding that a log could use.</summary>
    private static readonly string[] Encodings =
    [
        Secret, Short,
        .. EncodingsOf(Encoding.UTF8.GetBytes(Secret)),
        .. EncodingsOf(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), "heartbeatgateway outbound"u8)),
    ];

    [Theory]
    [InlineData("Production", TokenScheme.HmacSha256)]
    [InlineData("Development", TokenScheme.HmacSha256)]
    [InlineData("Production", TokenScheme.Digest)]
    [InlineData("Development", TokenScheme.Digest)]
    [InlineData("Production", TokenScheme.HmacSha256, true, Traits = ["Transport", "tls"])]
    [InlineData("Development", TokenScheme.HmacSha256, true, Traits = ["Transport", "tls"])]
    public async Task Logs_every_token_failure_without_the_secret(string environment, TokenScheme scheme, bool tls = false)
    {
        using var certificates = new TestCertificates();
        await using var gateway = await GatewayProcess.StartAsync(
        [
            .. Verbose(environment), ("Gateway__Tokens__Keys__0__Secret", Secret),
            ("Gateway__Tokens__Scheme", scheme == TokenScheme.Digest ? "digest" : "hmac-sha256"),
            ("Gateway__Tls__CertificateFile", tls ? certificates.CertificateFile : null), ("Gateway__Tls__KeyFile", tls ? certificates.KeyFile : null),
            ("Gateway__Tokens__LogSignedBytes", "true"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ]);
        var signer = Signer(scheme, Secret);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var hello = signer.Encode(FrameKinds.Hello, """{"clientId":"c","nonce":"0123456789abcdef","features":["close"]}"""u8.ToArray(), now).ToArray();
        var named = scheme == TokenScheme.HmacSha256 ? WithToken(signer, "other." + new string('A', 43)) : WithToken(signer, "not hex");
        byte[][] frames =
        [
            hello, hello, Signer(scheme, "another secret of tests").Ping(now).ToArray(), WithToken(signer, "?"), named,
            signer.Ping(now - 4000).ToArray(), signer.Ping(now + 4000).ToArray(),
        ];
        var port = new ClientPort(gateway.EndPoint, tls ? certificates.Authority : null);
        foreach (var frame in frames)
        {
            using var client = await port.ConnectAsync();
            await client.SendAsync(frame);
            client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            await client.EndsAsync(TimeSpan.FromSeconds(20));
        }

        await gateway.ReachesAsync("heartbeatgateway_connected_clients", 0);
        var page = await gateway.ScrapeAsync();
        Assert.All(
            scheme == TokenScheme.Digest ? Failures.Except(["unknown_key"]) : Failures,
            cause => Assert.True(
                GatewayProcess.Metric(page, $"heartbeatgateway_token_failures_total{{cause=\"{cause}\"}}") > 0, $"No token was rejected as {cause}."));
        await gateway.SawAsync(environment == "Production" ? "TokenMismatched" : "is not the one of these bytes");
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.ExitCodeAsync());
        AssertNoSecret([.. gateway.Lines, page]);
        var privateKey = File.ReadAllLines(certificates.KeyFile)[1];
        Assert.DoesNotContain(gateway.Lines, line => line.Contains(privateKey, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task Reports_every_configuration_error_without_the_secret(string environment)
    {
        (string Name, string? Value)[][] faults =
        [
            [("Gateway__Tokens__Keys__0__Secret", Short)],
            [("Gateway__Tokens__Keys__0__Sekret", Secret)],
            [("Gateway__Tokens__Keys__0__SecretFile", Secret)],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tokens__Keys__0__SecretFile", "/nowhere/secret")],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tokens__Keys__0__Id", Secret)],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tokens__Keys__1__Id", "k1"), ("Gateway__Tokens__Keys__1__Secret", Secret)],
            [("Gateway__Tokens__Keys__1", Secret)],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tokens__Keys", Secret)],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tokens", Secret)],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tokens__Secret", Secret)],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tokens__Scheme", "digest"), ("Gateway__Tokens__Digest__Recipe", "{secret}{nonsense}")],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tokens__MaxAge", "7")],
            [("Gateway__Tokens__Keys__0__Secret", Secret), ("Gateway__Tcp__Endpoint", "203.0.113.1:1")],
        ];
        foreach (var fault in faults)
        {
            // The secret that the harness sets by default would hide some of these errors.
            var settings = GatewayProcess.Environment(
                GatewayProcess.FreePort(), GatewayProcess.FreePort(), [.. Verbose(environment), ("Gateway__Tokens__Keys__0__Secret", null), .. fault]);
            await using var gateway = new ChildProcess("dotnet", [Repository.GatewayDll], settings, Path.GetTempPath());
            Assert.Equal(1, await gateway.ExitCodeAsync());
            Assert.Contains(gateway.Lines, line => line.Contains("cannot start", StringComparison.Ordinal));
            AssertNoSecret(gateway.Lines);
        }
    }

    private static (string Name, string? Value)[] Verbose(string environment) =>
    [
        ("ASPNETCORE_ENVIRONMENT", environment), ("Serilog__MinimumLevel__Default", "Verbose"),
        ("Serilog__MinimumLevel__Override__Microsoft", "Verbose"), ("Serilog__MinimumLevel__Override__System", "Verbose"),
    ];

    private static TokenSigner Signer(TokenScheme scheme, string secret) =>
        new TokenKeyring(new TokenKeyringOptions { Scheme = scheme, Secrets = [new TokenSecret(TestSecrets.KeyId, secret)] }, TokenRole.Client).Keys[0].Bare;

    private static byte[] WithToken(TokenSigner signer, string token)
    {
        var frame = signer.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();
        frame.AsSpan(58, 50).Clear();
        Encoding.ASCII.GetBytes(token).CopyTo(frame, 58);
        return frame;
    }

    private static string[] EncodingsOf(byte[] bytes) =>
        [Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes), Convert.ToBase64String(bytes).TrimEnd('='), Base64Url.EncodeToString(bytes)];

    private static void AssertNoSecret(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Assert.All(Encodings, secret => Assert.False(line.Contains(secret, StringComparison.Ordinal), $"This line contains a secret: {line}"));
        }
    }
}
