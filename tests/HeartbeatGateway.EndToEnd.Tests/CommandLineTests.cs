using System.Globalization;
using System.Text.RegularExpressions;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>What the program says about itself, its limits and settings without effect.</summary>
public sealed partial class CommandLineTests
{
    [Theory]
    [InlineData("--help", "Usage: dotnet HeartbeatGateway.dll [command]")]
    [InlineData("-h", "Usage: dotnet HeartbeatGateway.dll [command]")]
    [InlineData("-?", "Usage: dotnet HeartbeatGateway.dll [command]")]
    [InlineData("--version", "HeartbeatGateway ")]
    public async Task Help_and_version_are_printed_whatever_the_configuration_is(string argument, string text)
    {
        await using var process = new ChildProcess("dotnet", [Repository.GatewayDll, argument], GatewayProcess.Environment(0, 0, ("Gateway__Colour", "red"), ("Gateway__Tokens__Keys__0__Secret", null)));
        Assert.Equal(0, await process.ExitCodeAsync());
        await process.SawAsync(text);
        foreach (var command in argument == "--version" ? [] : new[] { "--check-config", "--health-check", "--version", "--help" }) await process.SawAsync(command);
    }

    [Theory]
    [InlineData("--check-conf", "did you mean --check-config?")]
    [InlineData("--chekc-config", "did you mean --check-config?")]
    [InlineData("version", "did you mean --version?")]
    [InlineData("--halp", "did you mean --help?")]
    [InlineData("--nonsense", "there are --check-config, --health-check, --help, --version")]
    public async Task A_misspelt_command_gives_the_nearest_one(string argument, string hint)
    {
        await using var process = new ChildProcess("dotnet", [Repository.GatewayDll, argument], GatewayProcess.Environment(0, 0));
        Assert.Equal(1, await process.ExitCodeAsync());
        Assert.Contains(hint, Assert.Single(process.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_and_check_report_the_limits_and_that_wished_connections_do_not_fit()
    {
        const int Descriptors = 1024;
        (string, string?)[] settings = [("Gateway__Admission__MaxConnections", "50000"), ("Gateway__Admission__AcceptsPerSecond", "200"), ("Gateway__Admission__MaxHeapPercent", "50")];
        string[] command = ["-c", $"ulimit -n {Descriptors}; exec dotnet \"$@\"", "sh", Repository.GatewayDll];
        await using var check = new ChildProcess("sh", [.. command, "--check-config"], GatewayProcess.Environment(0, 0, settings));
        Assert.Equal(0, await check.ExitCodeAsync());
        await using var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = ["sh", .. command] }, settings);
        var limit = (int)await gateway.MetricAsync("heartbeatgateway_connections_limit");
        Assert.InRange(limit, 500, 768);
        await gateway.SawAsync(string.Create(CultureInfo.InvariantCulture, $"Effective limits: {limit} connections (1024 open files allow {limit}), heap "));
        await gateway.SawAsync(string.Create(CultureInfo.InvariantCulture, $"Gateway:Admission:MaxConnections is 50000, but the limit of 1024 open files allows {limit} connections at most: raise that limit to 50512 or more"));
        await gateway.SawAsync("200 accepted connections a second");

        Assert.Contains("Gateway:Admission:MaxConnections is 50000, but the limit of 1024 open files allows", check.Lines[0], StringComparison.Ordinal);
        await check.SawAsync("200 accepted connections a second");
        // The check counts before the runtime has opened all of its libraries.
        var estimate = int.Parse(Estimate().Match(string.Join('\n', check.Lines)).Groups["count"].Value, CultureInfo.InvariantCulture);
        Assert.InRange(estimate, limit - 60, limit + 60);
    }

    [Fact]
    public async Task A_setting_without_effect_is_named_at_start_and_by_the_check()
    {
        (string, string?)[] settings = [("ASPNETCORE_HTTPS_PORTS", "8443"), ("ASPNETCORE_HTTP_PORTS", "9090")];
        await using var gateway = await GatewayProcess.StartAsync(settings);
        await gateway.SawAsync("ASPNETCORE_HTTPS_PORTS is '8443' and has no effect");
        await gateway.SawAsync("ASPNETCORE_HTTP_PORTS is '9090' and has no effect");
        // The framework's own line about the same is left out.
        Assert.DoesNotContain(gateway.Lines, l => l.Contains("Overriding", StringComparison.Ordinal));
        await using var check = new ChildProcess("dotnet", [Repository.GatewayDll, "--check-config"], GatewayProcess.Environment(0, 0, settings));
        Assert.Equal(0, await check.ExitCodeAsync());
        await check.SawAsync("Warning: ASPNETCORE_HTTPS_PORTS is '8443' and has no effect");
    }

    [Theory]
    [InlineData("Kestrel__Endpoints__More__Url", "http://127.0.0.1:9")]
    [InlineData("ASPNETCORE_Kestrel__Certificates__Default__Path", "/tls.pfx")]
    [InlineData("DOTNET_Kestrel__Endpoints__More__Url", "https://127.0.0.1:9")]
    public async Task Endpoints_and_certificates_of_the_framework_are_refused_and_their_variable_is_named(string variable, string value)
    {
        await using var process = new ChildProcess("dotnet", [Repository.GatewayDll], GatewayProcess.Environment(0, 0, (variable, value)));
        Assert.Equal(1, await process.ExitCodeAsync());
        Assert.EndsWith($"is not supported: clients' endpoint is Gateway:Tcp:Endpoint with Gateway:Tls, and the HTTP endpoint is ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS. It is set by the environment variable {variable}.", Assert.Single(process.Lines), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"Effective limits, about: (?<count>\d+) connections", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Estimate();
}
