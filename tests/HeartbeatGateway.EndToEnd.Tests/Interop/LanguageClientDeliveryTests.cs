using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>Messages of the clients in docs/clients.md, and to them, arrive although connections are cut and the real gateway is killed.</summary>
public sealed partial class LanguageClientDeliveryTests(ClientBuilds builds)
{
    private const string Key = "the-key-of-an-operator";
    private const int Messages = 200;
    private const string Input = "for i in $(seq 1 200); do echo \"reading $i.\"; sleep 0.01; done; sleep 600";

    private static readonly (string, string?)[] Operator =
        [("Gateway__Admin__Keys__0__Id", "operator"), ("Gateway__Admin__Keys__0__Key", Key), ("Gateway__Admin__Keys__0__Scope", "Admin")];

    public static TheoryData<string> Languages => [.. ClientBuilds.Languages];

    [Theory, MemberData(nameof(Languages))]
    public async Task Its_messages_arrive_once_and_in_order_while_connections_are_cut(string language)
    {
        await using var gateway = await GatewayProcess.StartAsync();
        // A hello and its ack have about 550 bytes, a message about 170: the first cut is inside the hello, the others between and inside messages.
        await using var relay = new CutRelay(gateway.TcpPort, 200, 2_000, 5_003, 10_000);
        await using var client = LanguageClient.Start(await builds.CommandAsync(language), relay.Port, inputScript: Input);
        await client.SawAsync($"acknowledged through={Messages}", within: TimeSpan.FromMinutes(2));
        Assert.Equal(5, client.Lines.Count(line => line.StartsWith("connecting ", StringComparison.Ordinal)));
        Assert.Contains(client.Lines, line => line.StartsWith("message-resent ", StringComparison.Ordinal));

        await gateway.SawAsync($"reading {Messages}.");
        Assert.Equal(Enumerable.Range(1, Messages), Readings(gateway));
        Assert.Equal(0, await gateway.MetricAsync("heartbeatgateway_messages_missing_total"));
        Assert.Equal(0, await gateway.MetricAsync("heartbeatgateway_messages_unacknowledged"));
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task Its_messages_arrive_at_least_once_and_in_order_although_the_gateway_is_killed(string language)
    {
        var command = await builds.CommandAsync(language);
        var launch = new GatewayLaunch();
        await using var first = await GatewayProcess.StartAsync(launch);
        await using var client = LanguageClient.Start(command, launch.TcpPort, inputScript: Input);
        await first.SawAsync("reading 60.");
        first.Signal("KILL");
        await first.ExitCodeAsync();
        await client.SawAsync("closed ");
        var acknowledged = Acknowledged(client);

        await using var second = await GatewayProcess.StartAsync(launch);
        await client.SawAsync($"acknowledged through={Messages}", within: TimeSpan.FromMinutes(2));
        await second.SawAsync($"reading {Messages}.");
        var (before, after) = (Readings(first), Readings(second));
        // What the first gateway had acknowledged is in its log. All the rest was sent to the second one, from the first message on that was not.
        Assert.Equal(Enumerable.Range(1, before.Count), before);
        Assert.True(before.Count >= acknowledged, $"{acknowledged} messages were acknowledged, {before.Count} have a line.");
        Assert.Equal(Enumerable.Range((int)acknowledged + 1, Messages - (int)acknowledged), after);
        Assert.Equal(0, await second.MetricAsync("heartbeatgateway_messages_missing_total"));
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task A_message_that_is_held_while_it_is_away_arrives_after_its_reconnect(string language)
    {
        await using var gateway = await GatewayProcess.StartAsync(Operator);
        await using var relay = new CutRelay(gateway.TcpPort);
        await using var client = LanguageClient.Start(await builds.CommandAsync(language), relay.Port);
        await client.SawAsync("welcome ");
        // The confirmation.
        await gateway.ReachesAsync("heartbeatgateway_connected_clients", 1);
        Assert.Equal("delivered", await SendAsync(gateway, "order", "start", "?wait=20"));
        Assert.Contains("message type=order text=start", client.Lines);

        relay.Disconnect();
        await gateway.ReachesAsync("heartbeatgateway_connected_clients", 0);
        Assert.Equal("held", await SendAsync(gateway, "order", "first"));
        Assert.Equal("held", await SendAsync(gateway, "order", "second"));
        relay.Connect(gateway.TcpPort);
        await client.SawAsync("message type=order text=second", within: TimeSpan.FromMinutes(2));
        await gateway.ReachesAsync("""heartbeatgateway_pushes_total{result="delivered"}""", 3);
        Assert.Equal(
            ["start", "first", "second"],
            client.Lines.Where(line => line.StartsWith("message type=order ", StringComparison.Ordinal)).Select(line => LanguageClient.Field(line, "text")));
    }

    private static async Task<string?> SendAsync(GatewayProcess gateway, string type, string text, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/clients/pump-17/messages" + query) { Content = JsonContent.Create(new { type, text, ttlSeconds = 300 }) };
        request.Headers.Authorization = new("Bearer", Key);
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {body}");
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("result").GetString();
    }

    private static long Acknowledged(LanguageClient client) => client.Lines
        .Where(line => line.StartsWith("acknowledged ", StringComparison.Ordinal))
        .Select(line => long.Parse(LanguageClient.Field(line, "through"), System.Globalization.CultureInfo.InvariantCulture))
        .LastOrDefault();

    /// <summary>The messages that the gateway's log has a line for: the sink has taken them.</summary>
    private static List<int> Readings(GatewayProcess gateway) =>
        [.. gateway.Lines.Select(line => Reading().Match(line)).Where(match => match.Success).Select(match => int.Parse(match.Groups["number"].Value, System.Globalization.CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"reading (?<number>\d+)\.", RegexOptions.NonBacktracking)]
    private static partial Regex Reading();
}
