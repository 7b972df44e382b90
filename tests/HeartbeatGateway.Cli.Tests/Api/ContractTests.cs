using System.Text.Json;

namespace HeartbeatGateway.Cli.Tests.Api;

/// <summary>Every command against the documented answers: text, JSON, exit code, and what is asked of the gateway.</summary>
public sealed class ContractTests
{
    [Theory]
    [InlineData("status", "GET status", "HeartbeatGateway 0.1.0 at http://127.0.0.1:8080\n")]
    [InlineData("status", "GET status", "  clients     18000 connected; 18003 open connections\n")]
    [InlineData("clients", "GET clients", "pump-17  connected    192.0.2.17:50112     32 min 57 s  4.2 s  23.1 ms        3")]
    [InlineData("clients", "GET clients", "#12      handshaking  [2001:db8::7]:40001")]
    [InlineData("client pump-17", "GET clients/pump-17", "  gaps        ▆▆▆▆  5 s to 5.02 s, median 5.01 s; full bar: the limit of 7.5 s\n")]
    [InlineData("client #4711", "GET connections/4711", "pump-17: connected for 32 min 57 s, last byte 4.2 s ago\n")]
    [InlineData("client --connection 4711", "GET connections/4711", "  library     acme-pump/2.1\n")]
    [InlineData("disconnects", "GET disconnects", "2026-11-22 03:12:07Z  pump-17  reader_idle  network  network_loss  32 min 57 s  7.52 s")]
    [InlineData("broadcast --text hi", "POST broadcast", "queued for 18003 connections\n")]
    [InlineData("disconnect --prefix pump --dry-run", "POST disconnect", "matched  pump-17\n1 connection would be closed\n")]
    [InlineData("ban list", "GET bans", "b-1f3a  client  pump-17  never         12        1  operator  2026-11-22 10:00:00Z  stolen\n")]
    [InlineData("ban add --client pump-17", "POST bans", "b-1f3a: banned client pump-17 without an end; 1 connection closed\n")]
    [InlineData("ban add --client pump-17 --dry-run", "POST bans", "would ban client pump-17 without an end: matches 1 connected client\n  pump-17\n")]
    [InlineData("ban remove b-1f3a", "DELETE bans/b-1f3a", "removed b-1f3a\n")]
    [InlineData("drain start", "POST drain", "draining: 600 of 18003 connections closed, 17403 remain; over 30 s since 2026-11-22 10:00:00Z, by operator\n")]
    [InlineData("drain status", "GET drain", "draining: 600 of 18003 connections closed")]
    [InlineData("drain cancel", "DELETE drain", "not draining: the gateway accepts clients\n")]
    [InlineData("config", "GET config", "Gateway:Tokens:Keys:0:Secret  set, not shown  environment\n")]
    [InlineData("config --set gateway:tcp", "GET config", "SETTING               VALUE         FROM\nGateway:Tcp:Endpoint  0.0.0.0:8081  appsettings.json\n")]
    public async Task Writes_text(string line, string route, string expected)
    {
        var api = Contract.Gateway();
        var run = api.Run().Set("HBG_KEY", "the-key-of-an-operator");
        Assert.Equal(ExitCode.Success, await run.LineAsync(line));
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        Assert.Contains(api.Requests, r => r.Route == route);
        Assert.All(api.Requests, r => Assert.Equal("Bearer the-key-of-an-operator", r.Header("Authorization")));
        Assert.Empty(run.Errors);
    }

    [Theory]
    [InlineData("status", Contract.Status)]
    [InlineData("clients", $"{Contract.Entry}\n{Contract.Anonymous}")]
    [InlineData("client pump-17", $$"""{"client":{{Contract.Details}},"disconnects":[{{Contract.Lost}},{{Contract.Left}}]}""")]
    [InlineData("client pump-17 --disconnects 0", $$"""{"client":{{Contract.Details}},"disconnects":null}""")]
    [InlineData("disconnects", $"{Contract.Lost}\n{Contract.Left}")]
    [InlineData("broadcast", """{"queued":18003}""")]
    [InlineData("disconnect --prefix pump --dry-run", """{"matched":1,"closed":0,"results":[{"connectionId":"4711","clientId":"pump-17","result":"matched"}]}""")]
    [InlineData("ban list", $$$"""{"bans":[{{{Contract.Ban}}}],"automatic":{"mode":"off"}}""")]
    [InlineData("ban add --client pump-17", $$"""{"ban":{{Contract.Ban}},"closed":1}""")]
    [InlineData("ban remove b-1f3a", """{"id":"b-1f3a","removed":true}""")]
    [InlineData("drain status", Contract.Draining)]
    [InlineData("config", Contract.Config)]
    public async Task Writes_the_gateways_JSON(string line, string expected)
    {
        var run = Contract.Gateway().Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync($"{line} --json"));
        Assert.All(run.Lines, l => JsonDocument.Parse(l).Dispose());
        Assert.Equal($"{expected}\n", run.Output);
    }

    [Theory]
    [InlineData("disconnects --since 1h --until 03:20 --prefix p --origin network --cause network_loss --reason reader_idle --key-id k --address 10.0.0.0/8 --id a --id b -n 7",
        "?id=a&id=b&prefix=p&address=10.0.0.0/8&key=k&reason=reader_idle&origin=network&cause=network_loss&endedAfter=2026-11-22T09:00:00Z&endedBefore=2026-11-22T03:20:00Z&limit=7")]
    [InlineData("clients --id a --prefix p --state connected --key-id k --connected-after 2026-11-22T01:00:00+02:00 --idle-longer-than 1500ms",
        "?id=a&prefix=p&state=connected&key=k&connectedAfter=2026-11-21T23:00:00Z&idleLongerThan=1.5&sort=connectedAt&order=asc&limit=100")]
    [InlineData("clients --sort rtt", "?sort=rtt&order=desc&limit=100")]
    [InlineData("clients --sort rtt --order asc -n 3", "?sort=rtt&order=asc&limit=3")]
    [InlineData("clients --all", "?sort=connectedAt&order=asc&limit=1000")]
    public async Task Asks_with_the_filter(string line, string query)
    {
        var api = Contract.Gateway();
        Assert.Equal(ExitCode.Success, await api.Run().LineAsync(line));
        Assert.Equal(query, Assert.Single(api.Requests).Query);
    }

    [Theory]
    [InlineData("disconnect pump-17 pump-18 --reason banned --retry true --after 2s", """{"ids":["pump-17","pump-18"],"reason":"banned","retry":true,"afterMs":2000,"dryRun":false}""")]
    [InlineData("disconnect --connection #12", """{"connectionIds":["12"],"reason":"kicked","dryRun":false}""")]
    [InlineData("disconnect --prefix p --idle-longer-than 5s --yes", """{"filter":{"prefix":"p","idleLongerThan":5},"reason":"kicked","dryRun":false}""")]
    [InlineData("ban add --address 10.0.0.0/8 --for 1h --comment x", """{"address":"10.0.0.0/8","comment":"x","durationSeconds":3600}""")]
    [InlineData("ban add --key-id k2", """{"keyId":"k2"}""")]
    [InlineData("drain start --duration 2m", """{"durationSeconds":120}""")]
    [InlineData("drain start", "{}")]
    [InlineData("send --ids pump-17,pump-18 pump-19 pump-17 --type order --json-content {\"speed\":3}", """{"ids":["pump-19","pump-17","pump-18"],"type":"order","json":{"speed":3}}""")]
    [InlineData("send pump-17", """{"ids":["pump-17"],"type":"message"}""")]
    [InlineData("send pump-17 --ttl 1.5 --wait 5", """{"ids":["pump-17"],"type":"message","ttlSeconds":1.5}""")]
    [InlineData("broadcast --base64 aGVsbG8=", """{"type":"message","base64":"aGVsbG8="}""")]
    public async Task Sends_the_body(string line, string body)
    {
        var api = Contract.Gateway();
        await api.Run().LineAsync(line);
        Assert.Equal(body, Assert.Single(api.Requests).Body);
    }

    [Theory]
    [InlineData("clients --limit 0", "--limit must be 1 or more")]
    [InlineData("clients --sort size", "Must be one of")]
    [InlineData("clients --key secret", "'--key' is not an option")]
    [InlineData("clients --connected-after soon", "--connected-after is 'soon', but must be a time such as")]
    [InlineData("client", "give either a client id or --connection")]
    [InlineData("client a --connection 1", "give either a client id or --connection")]
    [InlineData("client a --disconnects 1001", "--disconnects must be between 0 and 1000")]
    [InlineData("send --text x", "give the client ids")]
    [InlineData("send a --text x --file y", "give only one of")]
    [InlineData("send a --json-content {", "--json-content is no JSON: error at line 1, byte 2")]
    [InlineData("send a --base64 a", "--base64 is not base64")]
    [InlineData("send a --idempotency-key ü", "--idempotency-key must have")]
    [InlineData("send a --ttl 0", "--ttl must be above 0")]
    [InlineData("send a --ttl NaN", "--ttl is 'NaN', but must be a duration")]
    [InlineData("send a --wait 0", "--wait must be above 0 and at most 30s")]
    [InlineData("send a --wait 31", "--wait must be above 0 and at most 30s")]
    [InlineData("deliveries --count 0", "--count must be 1 or more")]
    [InlineData("deliveries --since ü", "--since must be the id of an event")]
    [InlineData("disconnect", "exactly one of the three")]
    [InlineData("disconnect a --prefix b", "exactly one of the three")]
    [InlineData("disconnect --prefix b", "without a terminal to ask, add --yes")]
    [InlineData("ban add", "give exactly one of --client, --address and --key-id")]
    [InlineData("ban add --client a --key-id b", "give exactly one of --client, --address and --key-id")]
    [InlineData("events --count 0", "--count must be 1 or more")]
    [InlineData("events --since ü", "--since must be the id of an event")]
    [InlineData("status --timeout 0", "--timeout must be above 0")]
    [InlineData("status --tls-ca /no/such/file", "--tls-ca: '/no/such/file' cannot be read")]
    [InlineData("top --clients 101", "--clients must be between 0 and 100")]
    [InlineData("top localhost --gateway localhost", "either as an argument or with --gateway")]
    public async Task Refuses_a_wrong_command_line_before_it_asks_the_gateway(string line, string error)
    {
        var api = Contract.Gateway();
        var run = api.Run();
        Assert.Equal(line.Contains("tls-ca", StringComparison.Ordinal) ? ExitCode.File : ExitCode.Usage, await run.LineAsync(line));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Empty(api.Requests);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Every_example_of_a_help_page_is_a_valid_command_line()
    {
        var count = 0;
        var root = Hbg.Build(new CliRun().Environment());
        foreach (var example in Examples(root))
        {
            // The parser knows only double quotes; a shell knows both.
            var line = example[(example.IndexOf("hbg ", StringComparison.Ordinal) + 4)..].Replace('\'', '"');
            Assert.Empty(root.Parse(line).Errors);
            count++;
        }

        Assert.True(count > 20, $"{count} examples");
        var run = new CliRun();
        await run.LineAsync("ban add --help");
        Assert.Contains("Examples:\n  hbg ban add --client pump-17 --comment 'stolen'\n", run.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Examples(System.CommandLine.Command command) =>
        command.Subcommands.SelectMany(Examples).Concat(command is IHasExamples has ? has.Examples : []);
}
