namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Settings files of a running process.</summary>
public sealed class SettingsFilesTests
{
    private const string RejectedByAddress = "heartbeatgateway_connections_rejected_total{reason=\"limit_address\"}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broken_or_absent_file_keeps_its_limits_when_another_file_changes_and_is_taken_in_when_it_is_repaired(bool isAbsent)
    {
        using var program = new ProgramCopy();
        Limit(program, 1);
        await using var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = ["dotnet", program.Dll] }, ("Gateway__Heartbeat__ReaderIdle", "00:05:00"));
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.PingAsync();

        if (isAbsent) File.Delete(program.ProductionSettings);
        else await File.WriteAllTextAsync(program.ProductionSettings, "{", TestContext.Current.CancellationToken);
        await gateway.SawAsync(isAbsent ? "SettingsFileGone" : "appsettings.Production.json is not valid JSON: line 1, byte 2");
        var settings = await File.ReadAllTextAsync(program.Settings, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(program.Settings, settings.Replace("\"MaxContentBytes\": 65536", "\"MaxContentBytes\": 1000", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await gateway.SawAsync("The configuration has changed and is in force: Gateway:Frames:MaxContentBytes");
        await gateway.SawAsync("SettingsFilesNotInForce");
        gateway.Signal("HUP");
        await gateway.SawAsync("no setting and no secret has changed");
        Assert.False(await IsAcceptedAsync(gateway));
        Assert.True(await gateway.MetricAsync(RejectedByAddress) >= 1);

        Limit(program, 9);
        await gateway.SawAsync("SettingsFileUsable");
        await gateway.SawAsync("The configuration has changed and is in force: Gateway:Admission:MaxConnectionsPerAddress");
        Assert.True(await IsAcceptedAsync(gateway));
        await client.PingAsync();
    }

    [Fact]
    public async Task Other_content_of_equal_size_and_time_is_noticed()
    {
        using var program = new ProgramCopy();
        Limit(program, 1);
        var time = File.GetLastWriteTimeUtc(program.ProductionSettings);
        await using var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = ["dotnet", program.Dll] });
        Limit(program, 9);
        File.SetLastWriteTimeUtc(program.ProductionSettings, time);
        await gateway.SawAsync("The configuration has changed and is in force: Gateway:Admission:MaxConnectionsPerAddress");
    }

    [Fact]
    public async Task Check_config_and_a_start_warn_of_a_list_that_two_files_share()
    {
        using var program = new ProgramCopy();
        await File.WriteAllTextAsync(program.Settings, """{"Gateway":{"Proxy":{"TrustedNetworks":["10.0.0.0/8","192.168.0.0/16"]}}}""", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(program.ProductionSettings, """{"Gateway":{"Proxy":{"TrustedNetworks":["172.16.0.0/12"]}}}""", TestContext.Current.CancellationToken);
        const string Warning = "Gateway:Proxy:TrustedNetworks is merged from appsettings.json (1) and appsettings.Production.json (0)";
        await using var check = new ChildProcess("dotnet", [program.Dll, "--check-config"], GatewayProcess.Environment(0, 0));
        Assert.Equal(0, await check.ExitCodeAsync());
        Assert.StartsWith($"Warning: {Warning}", check.Lines[0], StringComparison.Ordinal);
        await using var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = ["dotnet", program.Dll] });
        await gateway.SawAsync(Warning);
    }

    private static void Limit(ProgramCopy program, int connections) =>
        File.WriteAllText(program.ProductionSettings, $"{{\"Gateway\":{{\"Admission\":{{\"MaxConnectionsPerAddress\":{connections}}}}}}}");

    private static async Task<bool> IsAcceptedAsync(GatewayProcess gateway)
    {
        try
        {
            using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
            await client.PingAsync();
            return true;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
