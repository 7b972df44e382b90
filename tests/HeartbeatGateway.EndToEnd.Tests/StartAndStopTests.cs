using System.Net;
using System.Net.Sockets;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Tests of start and stop as the operator sees them.</summary>
public sealed class StartAndStopTests
{
    [Theory]
    [InlineData("Gateway__Tokens__Keys__0__Secret", null, "Gateway:Tokens:Keys:0:Secret is missing")]
    [InlineData("Gateway__Heartbeat__ReaderIdel", "00:00:07", "Gateway:Heartbeat:ReaderIdel is not a known setting; did you mean Gateway:Heartbeat:ReaderIdle?")]
    [InlineData("Gateway__Heartbeat__ReaderIdle", "soon", "Gateway:Heartbeat:ReaderIdle is 'soon', but must be a duration written hh:mm:ss.")]
    [InlineData("Gateway__Heartbeat__ReaderIdle", "", "Gateway:Heartbeat:ReaderIdle is '', but must be a duration written hh:mm:ss.")]
    [InlineData("ASPNETCORE_URLS", "https://127.0.0.1:1", "ASPNETCORE_URLS holds 'https://127.0.0.1:1'")]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:99999", "ASPNETCORE_URLS holds 'http://127.0.0.1:99999'")]
    [InlineData("Serilog__MinimumLevel__Default", "Loud", "Serilog:MinimumLevel:Default is 'Loud'")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere", "OTEL_EXPORTER_OTLP_ENDPOINT is 'nowhere', but must be a URL")]
    [InlineData("Gateway__Frames__TimeZone", "two\nlines\u001b[31m", "'two\\u000Alines\\u001B[31m'")]
    public async Task An_invalid_configuration_gives_one_error_line_and_exit_code_1(string name, string? value, string sentence)
    {
        var environment = GatewayProcess.Environment(0, 0, (name, value));
        if (name.EndsWith("Secret", StringComparison.Ordinal)) environment["Gateway__Tokens__Keys__0__Id"] = null;
        foreach (var arguments in new[] { Array.Empty<string>(), ["--check-config"] })
        {
            await using var process = new ChildProcess("dotnet", [Repository.GatewayDll, .. arguments], environment);
            Assert.Equal(1, await process.ExitCodeAsync());
            var line = Assert.Single(process.Lines);
            Assert.StartsWith("HeartbeatGateway cannot start: ", line, StringComparison.Ordinal);
            Assert.Contains(sentence, line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_tcp_port_in_use_gives_an_error_that_names_the_key()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        await using var process = new ChildProcess("dotnet", [Repository.GatewayDll], GatewayProcess.Environment(port, 0));
        Assert.Equal(1, await process.ExitCodeAsync());
        await process.SawAsync($"HeartbeatGateway cannot start: Gateway:Tcp:Endpoint 127.0.0.1:{port} cannot be bound");
        Assert.DoesNotContain(process.Lines, l => l.Contains("   at ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}", "ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS: 127.0.0.1:{0} cannot be bound: Address already in use.")]
    [InlineData("http://192.0.2.1:{0}", "ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS: 192.0.2.1:{0} cannot be bound: ")]
    public async Task An_http_address_that_cannot_be_bound_gives_an_error_that_names_the_variables(string url, string sentence)
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = $"{((IPEndPoint)taken.LocalEndPoint!).Port}";
        await using var process = new ChildProcess(
            "dotnet", [Repository.GatewayDll], GatewayProcess.Environment(0, 0, ("ASPNETCORE_URLS", url.Replace("{0}", port, StringComparison.Ordinal))));
        Assert.Equal(1, await process.ExitCodeAsync());
        await process.SawAsync($"HeartbeatGateway cannot start: {sentence.Replace("{0}", port, StringComparison.Ordinal)}");
    }

    [Theory]
    [InlineData("--check-conf")]
    [InlineData("check-config")]
    [InlineData("--nonsense")]
    public async Task An_unknown_argument_does_not_start_the_gateway(string argument)
    {
        await using var process = new ChildProcess("dotnet", [Repository.GatewayDll, argument], GatewayProcess.Environment(0, 0));
        Assert.Equal(1, await process.ExitCodeAsync());
        Assert.StartsWith($"HeartbeatGateway cannot start: The argument '{argument}' is not understood", Assert.Single(process.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_config_confirms_a_valid_configuration()
    {
        await using var process = new ChildProcess("dotnet", [Repository.GatewayDll, "--check-config"], GatewayProcess.Environment(0, 0));
        Assert.Equal(0, await process.ExitCodeAsync());
        Assert.StartsWith("Effective limits, about: ", process.Lines[0], StringComparison.Ordinal);
        Assert.Equal(["The configuration can be used."], process.Lines.Skip(1));
    }

    [Fact]
    public async Task In_development_the_gateway_starts_without_a_secret_and_logs_a_warning()
    {
        await using var gateway = new ChildProcess("dotnet", [Repository.GatewayDll], GatewayProcess.Environment(
            0, 0, ("ASPNETCORE_ENVIRONMENT", "Development"), ("Gateway__Tokens__Keys__0__Secret", null), ("Gateway__Tokens__Keys__0__Id", null)));
        await gateway.SawAsync("well-known development secret");
        await gateway.SawAsync("accepts clients on 127.0.0.1:");
    }

    [Fact]
    public async Task Sigterm_closes_clients_with_reason_shutdown_and_exits_with_0()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        var clients = new List<SocketClient>();
        for (var i = 0; i < 20; i++)
        {
            clients.Add(await SocketClient.ConnectAsync(gateway.TcpPort));
            await clients[i].PingAsync();
        }

        gateway.Signal("TERM");
        foreach (var client in clients)
        {
            Assert.True(await client.EndsAsync(TimeSpan.FromSeconds(10)), "The connection was reset.");
            client.Dispose();
        }

        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(20, gateway.Lines.Count(l => l.Contains("closed: shutdown;", StringComparison.Ordinal)));
        await gateway.SawAsync("EngineStopped");
    }

    [Fact]
    public async Task The_first_sigterm_starts_a_drain_and_the_second_closes_the_remaining_clients()
    {
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Draining__Duration", "00:10:00"));
        var clients = new List<SocketClient>();
        for (var i = 0; i < 20; i++)
        {
            clients.Add(await SocketClient.ConnectAsync(gateway.TcpPort));
            await clients[i].PingAsync();
        }

        gateway.Signal("TERM");
        await gateway.SawAsync("EngineStopping");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Http.GetAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/livez")).StatusCode);
        Assert.Equal(1, await gateway.MetricAsync("heartbeatgateway_draining"));
        // The first client is closed after 30 s: until then all clients are answered.
        foreach (var client in clients) await client.PingAsync();

        gateway.Signal("TERM");
        foreach (var client in clients)
        {
            Assert.True(await client.EndsAsync(TimeSpan.FromSeconds(10)), "The connection was reset.");
            client.Dispose();
        }

        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(10)));
        await gateway.SawAsync("StopAskedAgain");
        Assert.Equal(20, gateway.Lines.Count(l => l.Contains("closed: shutdown;", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Sigterm_during_startup_exits_without_an_exception_in_the_output()
    {
        for (var milliseconds = 200; milliseconds <= 500; milliseconds += 30)
        {
            await using var process = new ChildProcess("dotnet", [Repository.GatewayDll], GatewayProcess.Environment(0, 0));
            // Real time on purpose: each round sends the signal at another moment of the start.
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, TestContext.Current.CancellationToken);
            process.Signal("TERM");
            // Before the program has installed its signal handler, the default action applies (exit code 128 + 15).
            Assert.Contains(await process.ExitCodeAsync(), new[] { 0, 128 + 15 });
            Assert.DoesNotContain(process.Lines, l => l.Contains("xception", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_gateway_runs_on_a_read_only_file_system()
    {
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "SKIPPED: only root can create a read-only root file system");
        // The same as `docker run --read-only`: a separate mount namespace in which root and temporary folders are read-only.
        var (tcpPort, httpPort) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        const string Script = """
            mount --make-rprivate / 2>/dev/null
            for path in / /tmp /var/tmp; do mount --bind -o ro "$path" "$path" 2>/dev/null; mount -o bind,remount,ro "$path" 2>/dev/null; done
            touch /read-only-check /tmp/read-only-check 2>/dev/null && exit 99
            exec dotnet "$1"
            """;
        await using var gateway = new ChildProcess(
            "unshare", ["--mount", "sh", "-c", Script, "sh", Repository.GatewayDll], GatewayProcess.Environment(tcpPort, httpPort, ("DOTNET_EnableDiagnostics", "0")), "/");
        await gateway.SawAsync("GatewayStarted");
        using var client = await SocketClient.ConnectAsync(tcpPort);
        await client.PingAsync();
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.ExitCodeAsync());
    }

    [Fact]
    public async Task The_health_check_command_succeeds_for_a_live_gateway_and_fails_for_a_stopped_one()
    {
        var gateway = await GatewayProcess.StartAsync();
        var environment = GatewayProcess.Environment(gateway.TcpPort, gateway.HttpPort);
        await using (var check = new ChildProcess("dotnet", [Repository.GatewayDll, "--health-check"], environment))
        {
            Assert.Equal(0, await check.ExitCodeAsync());
        }

        await gateway.DisposeAsync();
        await using var second = new ChildProcess("dotnet", [Repository.GatewayDll, "--health-check"], environment);
        Assert.Equal(1, await second.ExitCodeAsync());
    }
}
