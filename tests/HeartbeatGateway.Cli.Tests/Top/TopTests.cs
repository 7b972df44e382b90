using System.Net;
using System.Text.Json;

namespace HeartbeatGateway.Cli.Tests.Top;

public sealed class TopTests
{
    [Fact]
    public async Task Once_writes_a_header_and_a_line()
    {
        var run = Run(Page(clients: 12, heartbeats: 100));
        Assert.Equal(ExitCode.Success, await run.LineAsync("top --once"));
        Assert.Equal(2, run.Lines.Length);
        Assert.Equal("    time  clients  hands  pings/s    in/s   out/s  bytesin/s bytesout/s  open/s close/s recon/s tmout/s badtok/s   cpu        mem", run.Lines[0]);
        Assert.Equal("10:00:00       12      1        -       -       -          -          -       -       -       -       -        -     -   50.0 MiB", run.Lines[1]);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Rates_are_per_second_between_two_scrapes()
    {
        var run = Run(Page(clients: 12, heartbeats: 100, cpu: 1), Page(clients: 15, heartbeats: 150, cpu: 2));
        var running = run.LineAsync("top --count 2 --interval 2s --json");
        await run.Out.SawAsync("\"connected\":12");
        run.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(ExitCode.Success, await running);

        using var json = JsonDocument.Parse(run.Lines[1]);
        Assert.Equal(25, json.RootElement.GetProperty("rates").GetProperty("heartbeats").GetDouble());
        Assert.Equal(150, json.RootElement.GetProperty("totals").GetProperty("heartbeats").GetDouble());
        Assert.Equal(0.5, json.RootElement.GetProperty("processors").GetDouble());
        Assert.Equal(62, json.RootElement.GetProperty("uptimeSeconds").GetDouble());
        Assert.Equal(3, json.RootElement.GetProperty("closed").GetProperty("reader_idle").GetDouble());
        Assert.False(json.RootElement.GetProperty("closed").TryGetProperty("peer_closed", out _));
    }

    [Fact]
    public async Task A_restart_of_the_gateway_gives_a_warning_and_no_rates()
    {
        var run = Run(Page(clients: 12, heartbeats: 100), Page(clients: 1, heartbeats: 5, start: 1_795_341_601));
        var running = run.LineAsync("top --count 2");
        await run.Out.SawAsync("      12 ");
        run.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ExitCode.Success, await running);
        Assert.Contains("the gateway was restarted", run.Errors, StringComparison.Ordinal);
        Assert.Contains("        -", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_scrape_is_retried()
    {
        var run = Run(Page(clients: 12, heartbeats: 100), null, Page(clients: 13, heartbeats: 100));
        var running = run.LineAsync("top --count 2");
        await run.Out.SawAsync("      12 ");
        run.Time.Advance(TimeSpan.FromSeconds(1));
        await run.Error.SawAsync("cannot be reached");
        run.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ExitCode.Success, await running);
        Assert.Contains("      13 ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_is_the_usual_end()
    {
        using var cancellation = new CancellationTokenSource();
        var run = Run(Page(clients: 12, heartbeats: 100));
        var running = run.LineAsync("top", cancellation.Token);
        await run.Out.SawAsync("      12 ");
        await cancellation.CancelAsync();
        Assert.Equal(ExitCode.Success, await running);
    }

    [Fact]
    public async Task A_terminal_shows_a_table_and_q_quits()
    {
        var keyboard = new Keys();
        var run = new CliRun { IsTerminal = true, Keyboard = keyboard, Http = () => new Pages([Page(clients: 4321, heartbeats: 100)]) }.Set("NO_COLOR", "1");
        var running = run.LineAsync("top gateway.example");
        await run.Out.SawAsync("4321");
        keyboard.Press('x');
        keyboard.Press('q');
        Assert.Equal(ExitCode.Success, await running);
        Assert.Contains("gateway.example:8080  0.1.0  up 1 min", run.Output, StringComparison.Ordinal);
        Assert.Contains("close reasons: reader_idle 3", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gateway", "http://gateway:8080/metrics")]
    [InlineData("gateway:9090", "http://gateway:9090/metrics")]
    [InlineData("gateway:80", "http://gateway/metrics")]
    [InlineData("[::1]:9090", "http://[::1]:9090/metrics")]
    [InlineData("http://gateway/", "http://gateway:8080/metrics")]
    [InlineData("https://gateway/some/metrics", "https://gateway/some/metrics")]
    public void Completes_short_addresses(string address, string complete) =>
        Assert.Equal(complete, HeartbeatGateway.Cli.Top.MetricsPage.Complete(address).ToString());

    [Theory]
    [InlineData("ftp://gateway", 2, "is not a gateway address")]
    [InlineData("http://", 2, "is not a gateway address")]
    public async Task Refuses_an_invalid_address(string address, int code, string error)
    {
        var run = new CliRun();
        Assert.Equal((ExitCode)code, await run.RunAsync("top", address));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>", "is not a metrics page: line 1 of the page is not a metric")]
    [InlineData("up 1", "not a gateway's")]
    [InlineData("", "not a gateway's")]
    [InlineData("404", "answered 404")]
    [InlineData("down", "cannot be reached: ")]
    public async Task A_failed_first_scrape_gives_exit_code_4(string page, string error)
    {
        var run = Run(page == "down" ? null : page);
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync("top"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Names_the_address_without_a_listener()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        var run = new CliRun { Clock = TimeProvider.System };
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"top 127.0.0.1:{port}"));
        Assert.Contains($"http://127.0.0.1:{port}/metrics cannot be reached", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_that_stand_out_are_read_from_the_API_with_the_key()
    {
        var api = Api.Contract.Gateway().On("GET metrics", new Api.Reply(200, Page(clients: 12, heartbeats: 100), "text/plain"));
        var run = api.Run().Set("HBG_KEY", "the-key-of-an-operator");
        Assert.Equal(ExitCode.Success, await run.LineAsync("top gateway.example --once --clients 3"));
        Assert.Contains("longest round-trip time\n  CLIENT   ADDRESS", run.Output, StringComparison.Ordinal);
        Assert.Contains("latest disconnects\n  TIME", run.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["?limit=3", "?sort=idle&order=desc&limit=3", "?sort=retransmits&order=desc&limit=3", "?sort=rtt&order=desc&limit=3"],
            api.Requests.Where(r => r.Route != "GET metrics").Select(r => r.Query).Order(StringComparer.Ordinal));
        Assert.All(api.Requests, r => Assert.Equal("Bearer the-key-of-an-operator", r.Header("Authorization")));
    }

    [Fact]
    public async Task Clients_are_in_the_JSON_too_and_are_read_every_two_seconds_at_most()
    {
        var api = Api.Contract.Gateway().On("GET metrics", new Api.Reply(200, Page(clients: 12, heartbeats: 100), "text/plain"));
        var run = api.Run();
        Assert.Equal(ExitCode.Success, await run.AdvanceUntilAsync(run.LineAsync("top --count 3 --clients 1 --json"), TimeSpan.FromSeconds(1)));
        using var json = JsonDocument.Parse(run.Lines[0]);
        Assert.Equal("pump-17", json.RootElement.GetProperty("clients").GetProperty("longestRtt")[0].GetProperty("clientId").GetString());
        Assert.Equal("network_loss", json.RootElement.GetProperty("clients").GetProperty("disconnects")[0].GetProperty("postMortem").GetProperty("cause").GetString());
        Assert.InRange(api.Requests.Count(r => r.Route == "GET disconnects"), 1, 2);
    }

    [Fact]
    public async Task A_refusal_of_the_API_leaves_the_metrics()
    {
        var run = new Api.FakeApi().On("GET metrics", new Api.Reply(200, Page(clients: 12, heartbeats: 100), "text/plain"))
            .On("GET clients", Api.Reply.Problem(401, "key_required", "Send a key.")).Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("top --once --clients 3"));
        Assert.Equal(2, run.Lines.Length);
        Assert.Contains("no clients are shown: Send a key. hbg takes the key from HBG_KEY, HBG_KEY_FILE or --key-file.", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://gateway:8080/metrics", "http://gateway:8080/")]
    [InlineData("https://ops.example/gateway/metrics", "https://ops.example/gateway/")]
    [InlineData("https://ops.example/other?x=1", "https://ops.example/")]
    public void The_API_is_beside_the_metrics(string page, string gateway) => Assert.Equal(gateway, HeartbeatGateway.Cli.Top.MetricsPage.GatewayOf(new Uri(page)).ToString());

    private static CliRun Run(params string?[] pages)
    {
        var handler = new Pages(pages);
        return new CliRun { Http = () => handler };
    }

    private static string Page(int clients, int heartbeats, double cpu = 1, long start = 1_795_341_540) => $$"""
        # HELP heartbeatgateway_connected_clients Open connections.
        # TYPE heartbeatgateway_connected_clients gauge
        heartbeatgateway_connected_clients {{clients}}
        heartbeatgateway_handshaking_connections 1
        heartbeatgateway_heartbeats_total {{heartbeats}}
        heartbeatgateway_connections_closed_total{reason="reader_idle"} 3
        heartbeatgateway_connections_closed_total{reason="peer_closed"} 0
        heartbeatgateway_build_info{version="0.1.0",runtime="10.0"} 1
        process_start_time_seconds {{start}}
        process_cpu_seconds_total {{cpu}}
        process_working_set_bytes 52428800
        """;

    /// <summary>Answers with the pages in order, then always with the last one. Null is a refused connection, a number a status code.</summary>
    private sealed class Pages(string?[] pages) : HttpMessageHandler
    {
        private int _next;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var page = pages[Math.Min(_next++, pages.Length - 1)] ?? throw new HttpRequestException("Connection refused");
            return Task.FromResult(int.TryParse(page, out var status)
                ? new HttpResponseMessage((HttpStatusCode)status)
                : new HttpResponseMessage { Content = new StringContent(page) });
        }
    }
}
