using System.Globalization;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Starts that the machine or a file prevents: one sentence and exit code 1.</summary>
public sealed class StartFailureTests
{
    private static readonly (string, string?)[] NoSecret = [("Gateway__Tokens__Keys__0__Secret", null)];

    [Theory]
    [InlineData("{\n  \"Gateway\" 7\n}", "is not valid JSON: line 2, byte 13: '7' is invalid after a property name. Expected a ':'.")]
    [InlineData(null, "cannot be read: ")]
    public async Task A_settings_file_that_cannot_be_used_is_named(string? content, string reason)
    {
        using var program = new ProgramCopy();
        // A link to itself cannot be read by any user.
        if (content is null) File.CreateSymbolicLink(program.ProductionSettings, program.ProductionSettings);
        else await File.WriteAllTextAsync(program.ProductionSettings, content, TestContext.Current.CancellationToken);
        await AssertFailsAsync(["dotnet", program.Dll], GatewayProcess.Environment(0, 0), $"{program.ProductionSettings} {reason}");
        await AssertFailsAsync(["dotnet", program.Dll, "--check-config"], GatewayProcess.Environment(0, 0), $"{program.ProductionSettings} {reason}");
    }

    [Fact]
    public async Task A_settings_file_without_permission_to_read_is_named()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "SKIPPED: only root can start a process of another user");
        using var program = new ProgramCopy();
        await File.WriteAllTextAsync(program.ProductionSettings, "{}", TestContext.Current.CancellationToken);
        const string Script = "chmod 755 \"$(dirname \"$1\")\"; chmod 0 \"$2\"; exec setpriv --reuid=65534 --clear-groups dotnet \"$1\"";
        await AssertFailsAsync(
            ["sh", "-c", Script, "sh", program.Dll, program.ProductionSettings], GatewayProcess.Environment(0, 0),
            $"{program.ProductionSettings} cannot be read: Access to the path '{program.ProductionSettings}' is denied.");
    }

    [Theory]
    [InlineData("Gateway__Tcp__Endpoint", "[::1]:0", "Gateway:Tcp:Endpoint [::1]:0 cannot be bound: ")]
    [InlineData("ASPNETCORE_URLS", "http://[::1]:0", "ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS: [::1]:0 cannot be bound: ")]
    public async Task An_ipv6_address_on_a_machine_without_ipv6_is_named(string name, string value, string sentence)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "SKIPPED: only root can create a network namespace");
        const string Script = "ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; exec dotnet \"$1\"";
        await AssertFailsAsync(["unshare", "--net", "sh", "-c", Script, "sh", Repository.GatewayDll], GatewayProcess.Environment(0, 0, (name, value)), sentence);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(349)]
    public async Task A_limit_of_open_files_below_the_minimum_is_named(int limit)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: only Linux has this check");
        string[] command = ["sh", "-c", string.Create(CultureInfo.InvariantCulture, $"ulimit -n {limit}; exec dotnet \"$1\""), "sh", Repository.GatewayDll];
        await AssertFailsAsync(command, GatewayProcess.Environment(0, 0), $"the limit of open files is {limit}, but must be at least 350: raise it");
    }

    [Fact]
    public async Task The_gateway_starts_with_the_minimum_of_open_files()
    {
        await using var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = ["sh", "-c", "ulimit -n 350; exec dotnet \"$1\"", "sh", Repository.GatewayDll] });
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.PingAsync();
        await gateway.ScrapeAsync();
    }

    [Theory]
    [InlineData("Serilog__MinimumLevel__ControlledBy", "nothing", "Serilog: No LoggingLevelSwitch has been declared with name \"nothing\"")]
    [InlineData("Serilog__Using__0", "Nothing", "Serilog: Could not load file or assembly 'Nothing")]
    public async Task A_serilog_section_that_cannot_be_used_is_named(string name, string value, string sentence)
    {
        await AssertFailsAsync(["dotnet", Repository.GatewayDll], GatewayProcess.Environment(0, 0, (name, value)), sentence);
        await AssertFailsAsync(["dotnet", Repository.GatewayDll, "--check-config"], GatewayProcess.Environment(0, 0, (name, value)), sentence);
    }

    [Fact]
    public async Task A_secret_file_in_a_folder_with_a_long_name_is_named()
    {
        const string File = "/run/credentials/heartbeatgateway.service/token";
        await AssertFailsAsync(
            ["dotnet", Repository.GatewayDll], GatewayProcess.Environment(0, 0, [.. NoSecret, ("Gateway__Tokens__Keys__0__SecretFile", File)]),
            $"Gateway:Tokens:Keys:0:SecretFile '{File}' cannot be read: ");
    }

    private static async Task AssertFailsAsync(string[] command, IReadOnlyDictionary<string, string?> environment, string sentence)
    {
        await using var process = new ChildProcess(command[0], command[1..], environment);
        Assert.Equal(1, await process.ExitCodeAsync());
        var line = Assert.Single(process.Lines);
        Assert.StartsWith($"HeartbeatGateway cannot start: {sentence}", line, StringComparison.Ordinal);
    }
}
