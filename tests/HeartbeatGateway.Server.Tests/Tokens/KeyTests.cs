using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Tokens;

/// <summary>Removal of keys, keys that are bound to client ids, and the log line that helps to correct a wrong token.</summary>
public sealed class KeyTests
{
    private const string OtherSecret = "another secret of tests";

    [Fact]
    public async Task Removing_a_key_ends_its_connections_and_no_others()
    {
        using var gateway = new EngineHarness(o => o.Tokens.Keys.Add(new TokenKeyOptions { Id = "k2", Secret = OtherSecret }));
        var old = await gateway.ConnectedAsync();
        var moved = gateway.Connect(keyring: Keyring("k2", OtherSecret));
        await moved.PingAsync();
        await moved.ReadFrameAsync();

        // An additional key does not affect the connections.
        gateway.Options.Tokens.Keys.Add(new TokenKeyOptions { Id = "k3", Secret = "a third secret of tests" });
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.Equal(2, gateway.Engine.ConnectedClients);

        gateway.Options.Tokens.Keys.RemoveAt(0);
        gateway.Engine.Reconfigure(gateway.Options);
        await old.Handler;
        Assert.Empty(old.TakeFrames());
        Assert.Equal(1, gateway.Closed("token_invalid"));
        await moved.PingAsync();
        Assert.Equal("ping", (await moved.ReadFrameAsync()).Type);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_push_after_a_reload_is_signed_with_the_key_that_stayed()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        gateway.Options.Tokens.Keys.Insert(0, new TokenKeyOptions { Id = "k2", Secret = OtherSecret });
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.Equal(1, gateway.Engine.Broadcast("news", "x"u8.ToArray()));
        Assert.Equal(("news", "x"), await client.ReadFrameAsync());
    }

    [Fact]
    public async Task A_leaked_device_key_cannot_take_over_the_client_id_of_another_client()
    {
        using var gateway = new EngineHarness(o =>
        {
            o.Tokens.Keys[0].Clients.Add("pump-*");
            o.Tokens.Keys.Add(new TokenKeyOptions { Id = "k2", Secret = OtherSecret });
        });
        var victim = gateway.Connect(keyring: Keyring("k2", OtherSecret));
        await victim.HelloAsync(EngineHarness.Hello("valve-1"));
        await victim.ReadWelcomeAsync();

        var attacker = gateway.Connect();
        await attacker.SendAsync(Named(attacker, EngineHarness.Hello("valve-1", instance: "attacker")));
        await attacker.Handler;
        Assert.Empty(attacker.TakeFrames());
        Assert.Equal(1, gateway.Closed("token_invalid"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", "mismatch")));
        Assert.Equal("valve-1", gateway.Engine.FindClient("valve-1")?.ClientId);
        await victim.PingAsync();
        Assert.Equal("ping", (await victim.ReadFrameAsync()).Type);

        var allowed = gateway.Connect();
        await allowed.SendAsync(Named(allowed, EngineHarness.Hello("pump-1")));
        await allowed.ReadWelcomeAsync();
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Binding_a_key_ends_its_clients_with_client_ids_outside_the_binding()
    {
        using var gateway = new EngineHarness();
        var (pump, valve) = (gateway.Connect(), gateway.Connect());
        await pump.SendAsync(Named(pump, EngineHarness.Hello("pump-1")));
        await valve.SendAsync(Named(valve, EngineHarness.Hello("valve-1")));
        await pump.ReadWelcomeAsync();
        await valve.ReadWelcomeAsync();
        gateway.Options.Tokens.Keys[0].Clients.Add("pump-*");
        gateway.Engine.Reconfigure(gateway.Options);
        await valve.Handler;
        Assert.Equal(1, gateway.Closed("token_invalid"));
        Assert.Null(gateway.Engine.FindClient("valve-1"));
        Assert.NotNull(gateway.Engine.FindClient("pump-1"));
    }

    [Theory]
    [InlineData("message")]
    [InlineData("ping")]
    public async Task A_leaked_device_key_cannot_sign_frames_on_the_connection_of_another_client(string type)
    {
        using var gateway = new EngineHarness(o =>
        {
            o.Tokens.Keys[0].Clients.Add("pump-*");
            o.Tokens.Keys.Add(new TokenKeyOptions { Id = "k2", Secret = OtherSecret });
        });
        var victim = gateway.Connect(keyring: Keyring("k2", OtherSecret));
        await victim.HelloAsync(EngineHarness.Hello("valve-1"));
        await victim.ReadWelcomeAsync();
        // A frame that a man in the middle injects, signed with the key of another device.
        var attacker = gateway.Connect().Signer.Key.Named;
        await victim.SendAsync(attacker.Encode(System.Text.Encoding.UTF8.GetBytes(type), "open"u8.ToArray(), victim.UnixSeconds).ToArray());
        await victim.Handler;
        Assert.Empty(victim.TakeFrames());
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
        Assert.Equal(1, gateway.Closed("token_invalid"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", "mismatch")));
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_log_shows_the_bytes_to_sign_after_a_mismatch_only_when_configured(bool isConfigured)
    {
        using var gateway = new EngineHarness(o => o.Tokens.LogSignedBytes = isConfigured);
        var client = gateway.Connect();
        var frame = client.Frame("message", "hi");
        var signed = Convert.ToHexStringLower([.. frame[..58], .. frame[108..]]);
        frame[60] ^= 1;
        await client.SendAsync(frame);
        await client.Handler;
        var lines = gateway.Logs.GetSnapshot().Where(l => l.Id.Name == "TokenMismatched").ToList();
        Assert.Equal(isConfigured ? 1 : 0, lines.Count);
        if (isConfigured) Assert.Contains(signed, lines[0].Message, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Message.Contains(TestSecrets.Secret, StringComparison.Ordinal));
    }

    private static byte[] Named(InMemoryClient client, Protocol.Identity.HelloPayload hello) =>
        client.Signer.Key.Named.Encode(Protocol.Frames.FrameKinds.Hello, hello.ToJson(), client.UnixSeconds).ToArray();

    private static TokenKeyring Keyring(string id, string secret) => new(new TokenKeyringOptions { Secrets = [new TokenSecret(id, secret)] }, TokenRole.Client);
}
