namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>
/// Runs the demonstration of the Netty heartbeat tutorial ("the article") with two article-style clients that share no code with the gateway.
/// </summary>
public sealed class ArticleDemonstrationTests
{
    private const string Secret = "the fleet's own secret";
    private const string Connected = "heartbeatgateway_connected_clients";
    private const string Reconnects = """heartbeatgateway_reconnects_total{identity="address"}""";
    private const string Timeouts = """heartbeatgateway_timeouts_total{kind="reader_idle"}""";
    private const string TimeZone = "Asia/Shanghai";

    [Fact]
    public async Task A_raw_socket_client_passes_the_demonstration() => await DemonstrateAsync(StartRaw);

    [Fact]
    public async Task A_netty_client_passes_the_demonstration()
    {
        var classes = Path.Combine(Path.GetTempPath(), $"netty-client-{System.Environment.ProcessId}");
        await using var build = new ChildProcess("bash", [Path.Combine(Repository.Root, "tests/interop/netty/build.sh"), classes], new Dictionary<string, string?>());
        var exit = await build.ExitCodeAsync(TimeSpan.FromMinutes(2));
        Assert.SkipWhen(exit == 3 && System.Environment.GetEnvironmentVariable("CI") is null, $"SKIPPED: {string.Join(' ', build.Lines)}");
        Assert.True(exit == 0, string.Join('\n', build.Lines));
        await DemonstrateAsync((port, options) => Start("bash", [Path.Combine(Repository.Root, "tests/interop/netty/run.sh"), classes, "127.0.0.1", $"{port}", Secret, .. options]));
    }

    private static ChildProcess StartRaw(int port, string[] options) =>
        Start("dotnet", [Repository.ArticleClientDll, "127.0.0.1", $"{port}", Secret, .. options]);

    private static ChildProcess Start(string file, string[] arguments) =>
        new(file, arguments, new Dictionary<string, string?>(StringComparer.Ordinal) { ["TZ"] = TimeZone });

    private static Task<GatewayProcess> StartGatewayAsync(int tcpPort, int httpPort) => GatewayProcess.StartAsync(
        tcpPort,
        httpPort,
        ("Gateway__Tokens__Scheme", "digest"),
        ("Gateway__Tokens__Keys__0__Secret", Secret),
        ("Gateway__Frames__TimeZone", TimeZone));

    private static async Task DemonstrateAsync(Func<int, string[], ChildProcess> start)
    {
        var (tcpPort, httpPort) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        await using var client = await WithFirstGatewayAsync(start, tcpPort, httpPort);
        var failed = await client.SawAsync("connect-failed");
        failed = await client.SawAsync("connect-failed", failed);

        // A new process has no reconnect history: the client connects, but it is not counted as a reconnect.
        await using var gateway = await StartGatewayAsync(tcpPort, httpPort);
        var answered = await client.SawAsync("pong-received", failed);
        answered = await client.SawAsync("pong-received", answered);
        var page = await gateway.ScrapeAsync();
        Assert.Equal(1, GatewayProcess.Metric(page, Connected));
        Assert.Equal(0, GatewayProcess.Metric(page, Reconnects));
        Assert.True(GatewayProcess.Metric(page, "heartbeatgateway_heartbeats_total") >= 2);

        // The client is stopped for 9 s: the gateway closes it after 7 s, and it reconnects when it continues.
        client.Signal("STOP");
        var stopped = TimeProvider.System.GetTimestamp();
        await gateway.ReachesAsync(Timeouts, 1);
        await gateway.ReachesAsync(Connected, 0);
        await Task.Delay(TimeSpan.FromSeconds(9) - TimeProvider.System.GetElapsedTime(stopped), TimeProvider.System);
        var resumed = client.Lines.Count;
        client.Signal("CONT");
        await client.SawAsync("pong-received", resumed);
        page = await gateway.ScrapeAsync();
        Assert.Equal(1, GatewayProcess.Metric(page, Timeouts));
        Assert.Equal(1, GatewayProcess.Metric(page, Reconnects));
        Assert.Equal(1, GatewayProcess.Metric(page, Connected));
        Assert.Equal(1, GatewayProcess.Metric(page, "heartbeatgateway_reconnect_gap_seconds_count"));
        GatewayProcess.AssertBalanced(page);
    }

    private static async Task<ChildProcess> WithFirstGatewayAsync(Func<int, string[], ChildProcess> start, int tcpPort, int httpPort)
    {
        await using var gateway = await StartGatewayAsync(tcpPort, httpPort);
        var client = start(tcpPort, ["--first-ping", "--message"]);
        await client.SawAsync("pong-received");
        Assert.Equal(1, await gateway.MetricAsync(Connected));
        await gateway.SawAsync("哈哈哈哈!");
        gateway.Signal("KILL");
        await gateway.ExitCodeAsync();
        return client;
    }
}
