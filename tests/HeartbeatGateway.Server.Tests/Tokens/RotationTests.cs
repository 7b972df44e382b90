using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Tokens;

/// <summary>Replaces a key step by step while clients are connected, and checks the metrics that the operator sees.</summary>
public sealed class RotationTests
{
    private const string NewSecret = "the secret that replaces it";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_can_be_rotated_and_removing_the_old_key_ends_its_last_connections(bool named)
    {
        using var gateway = new EngineHarness();
        var oldKeys = TestSecrets.ClientKeyring();
        var newKeys = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k2", NewSecret)] }, TokenRole.Client);
        var old = gateway.Connect(keyring: oldKeys);
        await AnsweredAsync(old);
        AssertVerified(gateway, ("k1", 1));

        // A client that uses the new key before it is configured is closed without a close frame.
        var tooEarly = gateway.Connect(keyring: newKeys);
        await tooEarly.SendAsync(PingOf(tooEarly));
        await tooEarly.Handler;
        Assert.Empty(tooEarly.TakeFrames());
        AssertVerified(gateway, ("k1", 1));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", named ? "unknown_key" : "mismatch")));

        // Both keys.
        gateway.Options.Tokens.Keys.Add(new TokenKeyOptions { Id = "k2", Secret = NewSecret });
        gateway.Engine.Reconfigure(gateway.Options);
        AssertVerified(gateway, ("k1", 1), ("k2", 0));
        var moved = gateway.Connect(keyring: newKeys);
        await AnsweredAsync(moved);
        await AnsweredAsync(old);
        AssertVerified(gateway, ("k1", 2), ("k2", 1));
        Assert.Equal(2, gateway.Engine.Broadcast("news", "x"u8.ToArray()));
        Assert.Equal((("news", "x"), ("news", "x")), (await old.ReadFrameAsync(), await moved.ReadFrameAsync()));

        // Only the new key: the connection with the old key ends, the other is not affected.
        gateway.Options.Tokens.Keys.RemoveAt(0);
        gateway.Engine.Reconfigure(gateway.Options);
        await old.Handler;
        Assert.Empty(old.TakeFrames());
        await AnsweredAsync(moved);
        AssertVerified(gateway, ("k1", 2), ("k2", 2));
        var tooLate = gateway.Connect(keyring: oldKeys);
        await tooLate.SendAsync(PingOf(tooLate));
        await tooLate.Handler;
        Assert.Empty(tooLate.TakeFrames());
        Assert.Equal(3, gateway.Closed("token_invalid"));
        Assert.Equal(2, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", named ? "unknown_key" : "mismatch")));
        AssertVerified(gateway, ("k1", 2), ("k2", 2));

        // The old key can be added again, if it was removed too early. Its count continues.
        gateway.Options.Tokens.Keys.Add(new TokenKeyOptions { Id = "k1", Secret = TestSecrets.Secret });
        gateway.Engine.Reconfigure(gateway.Options);
        await AnsweredAsync(gateway.Connect(keyring: oldKeys));
        await AnsweredAsync(moved);
        AssertVerified(gateway, ("k1", 3), ("k2", 3));
        gateway.AssertBalanced();

        byte[] PingOf(InMemoryClient client) => (named ? client.Signer.Key.Named : client.Signer.Key.Bare).Ping(client.UnixSeconds).ToArray();

        async Task AnsweredAsync(InMemoryClient client)
        {
            await client.SendAsync(PingOf(client));
            Assert.Equal(("ping", ""), await client.ReadFrameAsync());
        }
    }

    [Fact]
    public async Task A_new_secret_under_the_same_id_ends_connections_with_the_old_secret()
    {
        using var gateway = new EngineHarness();
        var old = await gateway.ConnectedAsync();
        gateway.Options.Tokens.Keys[0] = new TokenKeyOptions { Id = TestSecrets.KeyId, Secret = NewSecret };
        gateway.Engine.Reconfigure(gateway.Options);
        await old.Handler;
        Assert.Equal(1, gateway.Closed("token_invalid"));
        var client = gateway.Connect(keyring: new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, NewSecret)] }, TokenRole.Client));
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        AssertVerified(gateway, (TestSecrets.KeyId, 2));
    }

    private static void AssertVerified(EngineHarness gateway, params (string Key, double Times)[] expected) => Assert.Equal(
        expected.Select(e => ($"heartbeatgateway.tokens_verified|key={e.Key}", e.Times)),
        gateway.Metrics.Series().Where(s => s.Key.StartsWith("heartbeatgateway.tokens_verified|", StringComparison.Ordinal)).OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value)));
}
