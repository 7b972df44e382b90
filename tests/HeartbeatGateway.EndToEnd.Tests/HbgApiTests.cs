using System.Text.Json;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>The commands of hbg for the HTTP API, as a process, against the service.</summary>
public sealed class HbgApiTests
{
    private const string Key = "the-key-of-an-operator";
    private const int NotDelivered = 6;
    private const int Refused = 7;
    private const int NotFound = 8;

    [Fact]
    public async Task An_operator_sees_sends_to_and_closes_clients()
    {
        await using var gateway = await StartAsync();
        await using var client = Client(gateway, "pump-17");
        await client.ConnectAsync(TestContext.Current.CancellationToken);

        Assert.Contains("  caller      operator, scope admin", (await RunAsync(gateway, 0, "status")).Lines);
        var listed = Assert.Single((await RunAsync(gateway, 0, "clients", "--prefix", "pump", "--all", "--json")).Lines);
        Assert.Equal("pump-17", JsonDocument.Parse(listed).RootElement.GetProperty("clientId").GetString());
        Assert.Contains((await RunAsync(gateway, 0, "clients", "--sort", "rtt")).Lines, l => l.StartsWith("pump-17 ", StringComparison.Ordinal));
        var shown = (await RunAsync(gateway, 0, "client", "pump-17")).Lines;
        Assert.StartsWith("pump-17: connected for ", shown[0], StringComparison.Ordinal);
        Assert.Contains(shown, l => l.StartsWith("  heartbeat   timeout ", StringComparison.Ordinal));
        await RunAsync(gateway, NotFound, "client", "pump-18");

        Assert.Equal(["queued  pump-17", "gone    pump-18"], (await RunAsync(gateway, NotDelivered, "send", "pump-17", "pump-18", "--type", "order", "--text", "start")).Lines);
        Assert.Equal(["queued for 1 connection"], (await RunAsync(gateway, 0, "broadcast", "--type", "news", "--json-content", "{\"a\":1}")).Lines);
        await using var received = client.ReadMessagesAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await received.MoveNextAsync());
        Assert.Equal(("order", "start"), (received.Current.Type, System.Text.Encoding.UTF8.GetString(received.Current.Content.Span)));
        Assert.True(await received.MoveNextAsync());
        Assert.Equal("news", received.Current.Type);

        Assert.Equal(["matched  pump-17", "1 connection would be closed"], (await RunAsync(gateway, 0, "disconnect", "--prefix", "pump", "--dry-run")).Lines);
        Assert.Contains("add --yes", Assert.Single((await RunAsync(gateway, 2, "disconnect", "--prefix", "pump")).Lines), StringComparison.Ordinal);
        Assert.Equal(["closed   pump-17", "1 connection closed"], (await RunAsync(gateway, 0, "disconnect", "--prefix", "pump", "--yes", "--reason", "banned")).Lines);
        await RunAsync(gateway, NotFound, "disconnect", "pump-17");
    }

    [Fact]
    public async Task A_wrong_key_is_refused_with_the_gateways_sentence_and_is_not_shown()
    {
        await using var gateway = await StartAsync();
        Assert.Equal(["hbg: The key is not known to this gateway."], (await RunAsync(gateway, Refused, ["status"], key: "canary-canary-canary")).Lines);
        var without = Assert.Single((await RunAsync(gateway, Refused, ["status"], key: "")).Lines);
        Assert.EndsWith("hbg takes the key from HBG_KEY, HBG_KEY_FILE or --key-file.", without, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_go_on_after_a_restart_of_the_gateway_and_the_gap_is_said()
    {
        var launch = new GatewayLaunch();
        await using var first = await StartAsync(launch);
        await using var events = Hbg(first, ["events"], Key);
        await using var client = Client(first, "pump-17");
        await client.ConnectAsync(TestContext.Current.CancellationToken);
        await KickUntilAsync(first, () => events.Lines.Any(l => l.Contains("disconnected pump-17", StringComparison.Ordinal) && l.Contains("  kicked", StringComparison.Ordinal)));
        await events.SawAsync("reconnected  pump-17");
        first.Signal("KILL");
        await first.ExitCodeAsync();
        await events.SawAsync("next attempt in");
        await using var second = await StartAsync(launch);
        await events.SawAsync("GAP: events are missing here. The event of Last-Event-ID is of an earlier run of the gateway.");
        await using var other = Client(second, "pump-18");
        await other.ConnectAsync(TestContext.Current.CancellationToken);
        await events.SawAsync("connected    pump-18");
        events.Signal("INT");
        Assert.Equal(0, await events.ExitCodeAsync());
    }

    /// <summary>The events begin when the follower is connected, so the client is kicked until it is shown.</summary>
    private static async Task KickUntilAsync(GatewayProcess gateway, Func<bool> isShown)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!isShown())
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/clients/pump-17?afterMs=0");
            request.Headers.Authorization = new("Bearer", Key);
            using var response = await gateway.Http.SendAsync(request, timeout.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, timeout.Token);
        }
    }

    private static Task<GatewayProcess> StartAsync(GatewayLaunch? launch = null) => GatewayProcess.StartAsync(
        launch ?? new GatewayLaunch(),
        ("Gateway__Admin__Keys__0__Id", "operator"), ("Gateway__Admin__Keys__0__Key", Key), ("Gateway__Admin__Keys__0__Scope", "Admin"));

    private static GatewayClient Client(GatewayProcess gateway, string id) => new(new GatewayClientOptions
    {
        Endpoints = [gateway.EndPoint],
        ClientId = id,
        Tokens = new TokenKeyringOptions { Scheme = TokenScheme.HmacSha256, Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
        InitialJitter = TimeSpan.Zero,
    });

    private static Task<ChildProcess> RunAsync(GatewayProcess gateway, int expected, params string[] arguments) => RunAsync(gateway, expected, arguments, Key);

    private static async Task<ChildProcess> RunAsync(GatewayProcess gateway, int expected, string[] arguments, string key)
    {
        await using var hbg = Hbg(gateway, arguments, key);
        var code = await hbg.ExitCodeAsync();
        Assert.True(code == expected, $"hbg {string.Join(' ', arguments)} ended with {code}:\n{string.Join('\n', hbg.Lines)}");
        return hbg;
    }

    private static ChildProcess Hbg(GatewayProcess gateway, string[] arguments, string key) => new("dotnet", [Repository.HbgDll, .. arguments], new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["HBG_GATEWAY"] = $"http://127.0.0.1:{gateway.HttpPort}",
        ["HBG_KEY"] = key,
        ["HBG_KEY_FILE"] = null,
    });
}
