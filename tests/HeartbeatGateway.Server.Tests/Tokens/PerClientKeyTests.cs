using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Tokens;

/// <summary>A key whose secret is a master: each client signs with a secret of its own.</summary>
public sealed class PerClientKeyTests
{
    private const string Master = "the master secret of a fleet, 32+ bytes";

    [Fact]
    public async Task A_client_with_its_own_secret_is_welcomed_answered_and_reached()
    {
        using var gateway = PerClient();
        var client = Connect(gateway, "pump-17");
        await client.HelloAsync(EngineHarness.Hello("pump-17"));
        // Reading verifies the tokens of the gateway with the client's own secret.
        await client.ReadWelcomeAsync();
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        Assert.Equal(SendResult.Accepted, gateway.Engine.SendToClient("pump-17", "order", "x"u8.ToArray()));
        Assert.Equal(("order", "x"), await client.ReadFrameAsync());
        Assert.Equal(2, gateway.Metrics.Read("heartbeatgateway.tokens_verified", ("key", "k1")));
    }

    [Fact]
    public async Task A_broadcast_reaches_each_client_under_its_own_secret()
    {
        using var gateway = PerClient(o => o.Tokens.Keys.Add(new TokenKeyOptions { Id = "k2", Secret = TestSecrets.Secret }));
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < 3; i++)
        {
            var client = Connect(gateway, $"pump-{i}");
            await client.HelloAsync(EngineHarness.Hello($"pump-{i}"));
            await client.ReadWelcomeAsync();
            clients.Add(client);
        }

        // A client with an ordinary secret beside them.
        var other = await gateway.ConnectedAsync();
        Assert.Equal(4, gateway.Engine.Broadcast("news", "x"u8.ToArray()));
        foreach (var client in clients.Append(other)) Assert.Equal(("news", "x"), await client.ReadFrameAsync());
    }

    [Theory]
    [InlineData("pump-17", "pump-18", "mismatch")] // the secret of another client
    [InlineData("pump-17", null, "mismatch")] // no client id at all
    public async Task A_hello_verifies_for_the_client_of_the_secret_only(string ofSecret, string? claimed, string cause)
    {
        using var gateway = PerClient();
        var client = Connect(gateway, ofSecret);
        if (claimed is null) await client.SendAsync(client.Frame("hello", "{}"));
        else await client.HelloAsync(EngineHarness.Hello(claimed));
        await AssertRefusedSilentlyAsync(gateway, client, cause);
    }

    [Theory]
    // The first "clientId" is in another object; the parsed hello is of another client.
    [InlineData("""{"extra":{"clientId":"pump-17"},"clientId":"pump-18","nonce":"0123456789abcdef0123456789abcdef"}""")]
    [InlineData("""{"clientId":"pump-17","clientId":"pump-18","nonce":"0123456789abcdef0123456789abcdef"}""")]
    // No hello, although it names the client: nobody is anonymous under such a key.
    [InlineData("""["clientId","x"]""")]
    [InlineData(""" "clientId":"pump-17" """)]
    [InlineData("""{"note":"\"clientId\":\"pump-17\""}""")]
    public async Task What_the_search_finds_is_compared_with_the_parsed_hello(string content)
    {
        using var gateway = PerClient();
        var client = Connect(gateway, "pump-17");
        await client.SendAsync(client.Frame("hello", content));
        await client.Handler;
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.connected_clients"));
        Assert.Null(gateway.Engine.FindClient("pump-18"));
        Assert.DoesNotContain(client.TakeFrames(), f => f.Type == "welcome");
    }

    [Theory]
    [InlineData("ping", "mismatch")]
    [InlineData("message", "mismatch")]
    public async Task A_first_frame_other_than_a_hello_is_refused(string type, string cause)
    {
        using var gateway = PerClient();
        var client = Connect(gateway, "pump-17");
        await client.SendAsync(client.Frame(type, type == "ping" ? "" : """{"clientId":"pump-17"}"""));
        await AssertRefusedSilentlyAsync(gateway, client, cause);
    }

    [Fact]
    public async Task The_master_verifies_nothing()
    {
        using var gateway = PerClient();
        foreach (var (named, cause) in new[] { (true, "mismatch"), (false, "unknown_key") })
        {
            var client = gateway.Connect(keyring: Keyring("k1", Master), namesKey: named);
            await client.HelloAsync(EngineHarness.Hello("pump-17"));
            await AssertRefusedSilentlyAsync(gateway, client, cause);
        }
    }

    [Fact]
    public async Task An_unknown_key_id_and_a_token_without_one_are_refused_alike()
    {
        using var gateway = PerClient();
        var unknown = gateway.Connect(keyring: Keyring("k9", Own("pump-17")), namesKey: true);
        await unknown.HelloAsync(EngineHarness.Hello("pump-17"));
        await AssertRefusedSilentlyAsync(gateway, unknown, "unknown_key");
        var bare = gateway.Connect(keyring: Keyring("k1", Own("pump-17")));
        await bare.HelloAsync(EngineHarness.Hello("pump-17"));
        await AssertRefusedSilentlyAsync(gateway, bare, "unknown_key", times: 2);
    }

    [Fact]
    public async Task A_later_frame_of_another_client_ends_the_connection()
    {
        using var gateway = PerClient();
        var client = Connect(gateway, "pump-17");
        await client.HelloAsync(EngineHarness.Hello("pump-17"));
        await client.ReadWelcomeAsync();
        var other = Keyring("k1", Own("pump-18")).Keys[0].Named;
        await client.SendAsync(other.Ping(client.UnixSeconds).ToArray());
        await AssertRefusedSilentlyAsync(gateway, client, "mismatch");
    }

    [Fact]
    public async Task A_hello_is_accepted_once_under_such_a_key_too()
    {
        using var gateway = PerClient();
        var client = Connect(gateway, "pump-17");
        var hello = client.Signer.Encode("hello"u8, EngineHarness.Hello("pump-17").ToJson(), client.UnixSeconds).ToArray();
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        var replay = Connect(gateway, "pump-17");
        await replay.SendAsync(hello);
        await AssertRefusedSilentlyAsync(gateway, replay, "replayed");
        Assert.NotNull(gateway.Engine.FindClient("pump-17"));
    }

    [Fact]
    public async Task A_hello_with_a_wrong_clock_is_told_so_under_the_clients_own_key()
    {
        using var gateway = PerClient();
        var client = Connect(gateway, "pump-17");
        var late = client.UnixSeconds - 3600;
        await client.SendAsync(client.Signer.Encode("hello"u8, EngineHarness.Hello("pump-17").ToJson(), late).ToArray());
        Assert.Equal(CloseReason.TokenExpired, (await client.ReadCloseAsync()).Reason);
    }

    [Fact]
    public async Task A_master_is_rotated_with_two_keys_at_once()
    {
        const string NewMaster = "the next master secret of the fleet";
        using var gateway = PerClient();
        var old = Connect(gateway, "pump-17");
        await old.HelloAsync(EngineHarness.Hello("pump-17"));
        await old.ReadWelcomeAsync();

        gateway.Options.Tokens.Keys.Add(new TokenKeyOptions { Id = "k2", Secret = NewMaster, PerClient = true });
        gateway.Engine.Reconfigure(gateway.Options);
        await old.PingAsync();
        Assert.Equal("ping", (await old.ReadFrameAsync()).Type);
        var moved = gateway.Connect(keyring: Keyring("k2", new TokenSecret("k2", NewMaster).DeriveText("pump-18")), namesKey: true);
        await moved.HelloAsync(EngineHarness.Hello("pump-18"));
        await moved.ReadWelcomeAsync();

        gateway.Options.Tokens.Keys.RemoveAt(0);
        gateway.Engine.Reconfigure(gateway.Options);
        await old.Handler;
        Assert.Equal(1, gateway.Closed("token_invalid"));
        await moved.PingAsync();
        Assert.Equal("ping", (await moved.ReadFrameAsync()).Type);

        // Another master under the same id is another key.
        gateway.Options.Tokens.Keys[0].Secret = Master;
        gateway.Engine.Reconfigure(gateway.Options);
        await moved.Handler;
        Assert.Equal(2, gateway.Closed("token_invalid"));
    }

    [Fact]
    public async Task Pings_that_wait_keep_their_own_tokens()
    {
        using var gateway = PerClient();
        var slow = Connect(gateway, "pump-1", pauseWriterThreshold: 200);
        await slow.HelloAsync(EngineHarness.Hello("pump-1"));
        var other = Connect(gateway, "pump-2");
        await other.HelloAsync(EngineHarness.Hello("pump-2"));
        await other.ReadWelcomeAsync();
        // The welcome fills the transport of the first, so its pongs wait while the same thread makes others.
        for (var i = 0; i < 5; i++)
        {
            await slow.PingAsync();
            await other.PingAsync();
            gateway.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await slow.ReadWelcomeAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("ping", (await slow.ReadFrameAsync()).Type);
            Assert.Equal("ping", (await other.ReadFrameAsync()).Type);
        }
    }

    [Fact]
    public async Task Such_a_key_can_be_bound_to_client_ids()
    {
        using var gateway = PerClient(o => o.Tokens.Keys[0].Clients.Add("pump-*"));
        var client = Connect(gateway, "valve-1");
        await client.HelloAsync(EngineHarness.Hello("valve-1"));
        await AssertRefusedSilentlyAsync(gateway, client, "mismatch");
    }

    [Theory]
    [InlineData("hmac-sha256", true)]
    [InlineData("digest", false)]
    [InlineData("none", false)]
    public async Task The_liveness_probe_works_with_any_keys(string scheme, bool perClient)
    {
        using var gateway = PerClient(o =>
        {
            o.Tokens.Scheme = scheme;
            o.Tokens.Keys[0].PerClient = perClient;
        });
        var probe = gateway.Connect(isProbe: true);
        await probe.SendAsync(gateway.Engine.CreateProbePing());
        Assert.Equal("ping", EngineHarness.TypeOfSingle(probe.TakeBytes()));
        gateway.Engine.Reconfigure(gateway.Options);
        await probe.SendAsync(gateway.Engine.CreateProbePing());
        Assert.Equal("ping", EngineHarness.TypeOfSingle(probe.TakeBytes()));

        // The same ping is worth nothing on another connection, except under a scheme without tokens.
        if (scheme == "none") return;
        var stranger = gateway.Connect();
        await stranger.SendAsync(gateway.Engine.CreateProbePing());
        await stranger.Handler;
        Assert.Equal(1, gateway.Closed("token_invalid"));
    }

    [Theory]
    [InlineData("digest")]
    [InlineData("none")]
    public void Needs_tokens_with_a_key_id(string scheme)
    {
        var options = new GatewayOptions();
        options.Tokens.Scheme = scheme;
        options.Tokens.Keys.Add(new TokenKeyOptions { Secret = Master, PerClient = true });
        var errors = GatewayOptionsValidator.Validate(options, out _);
        if (scheme == "digest") Assert.Contains(errors, e => e.StartsWith("Gateway:Tokens:Keys:0:PerClient ", StringComparison.Ordinal));
        else Assert.DoesNotContain(errors, e => e.Contains(Master, StringComparison.Ordinal));
    }

    [Fact]
    public void A_master_must_not_be_an_ordinary_secret_as_well()
    {
        var options = new GatewayOptions();
        options.Tokens.Keys.Add(new TokenKeyOptions { Secret = Master, PerClient = true });
        options.Tokens.Keys.Add(new TokenKeyOptions { Secret = Master });
        var error = Assert.Single(GatewayOptionsValidator.Validate(options, out _));
        Assert.Contains("'k1' and 'k2' hold the same secret, but only 'k1' is PerClient", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Master, error, StringComparison.Ordinal);
    }

    private static EngineHarness PerClient(Action<GatewayOptions>? configure = null) => new(o =>
    {
        o.Tokens.Keys.Clear();
        o.Tokens.Keys.Add(new TokenKeyOptions { Id = "k1", Secret = Master, PerClient = true });
        configure?.Invoke(o);
    });

    private static InMemoryClient Connect(EngineHarness gateway, string clientId, int pauseWriterThreshold = 1024 * 1024) =>
        gateway.Connect(pauseWriterThreshold: pauseWriterThreshold, keyring: Keyring("k1", Own(clientId)), namesKey: true);

    private static string Own(string clientId) => new TokenSecret("k1", Master).DeriveText(clientId);

    private static TokenKeyring Keyring(string id, string secret) => new(new TokenKeyringOptions { Secrets = [new TokenSecret(id, secret)] }, TokenRole.Client);

    private static async Task AssertRefusedSilentlyAsync(EngineHarness gateway, InMemoryClient client, string cause, int times = 1)
    {
        await client.Handler;
        Assert.Empty(client.TakeBytes());
        Assert.Equal(times, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", cause)));
    }
}
