using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Deploy.Tests.Systemd;

/// <summary>Checks of the unit that need no running systemd.</summary>
public sealed class UnitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-unit-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Systemd_analyze_verify_reports_nothing()
    {
        // systemd-analyze needs an existing executable, and dotnet may be in another folder on this machine.
        var dotnet = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "dotnet")).First(File.Exists);
        var unit = Path.Combine(_folder, Path.GetFileName(UnitFile.Path));
        await File.WriteAllTextAsync(unit, (await File.ReadAllTextAsync(UnitFile.Path, TestContext.Current.CancellationToken)).Replace("/usr/bin/dotnet", dotnet, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var result = await Command.RunAsync(Tools.SystemdAnalyze(), ["verify", unit]);
        result.Good();
        // An unknown directive gives only a warning and exit code 0.
        Assert.DoesNotContain("heartbeatgateway.service", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_exposure_is_at_most_1_5_of_10() =>
        (await Command.RunAsync(Tools.SystemdAnalyze(), ["security", "--offline=true", "--threshold=15", UnitFile.Path])).Good();

    [Fact]
    public void The_stop_timeout_covers_the_drain_and_the_last_frames()
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "appsettings.json")));
        var drain = TimeSpan.Parse(settings.RootElement.GetProperty("Gateway").GetProperty("Draining").GetProperty("Duration").GetString()!, CultureInfo.InvariantCulture);
        Assert.True(UnitFile.Seconds("TimeoutStopSec") >= drain + TimeSpan.FromSeconds(10), "systemd would kill the gateway while it drains.");
    }

    [Fact]
    public void The_watchdog_waits_longer_than_the_liveness_check_and_its_interval()
    {
        // The gateway is not live after 10 s without an answer; a check takes up to 2 s, and checks are half of the time apart.
        Assert.True(UnitFile.Seconds("WatchdogSec") >= TimeSpan.FromSeconds(2 * (10 + 2)), "systemd would end a gateway that is still live.");
        Assert.Equal(["always"], UnitFile.All("Restart"));
    }

    [Fact]
    public async Task The_gateway_accepts_the_environment_and_the_credential_of_the_unit()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "token"), TestSecrets.Secret, TestContext.Current.CancellationToken);
        Assert.Equal(["token:/etc/heartbeatgateway/token.secret"], UnitFile.All("LoadCredential"));
        var environment = GatewayProcess.Environment(0, 0, ("Gateway__Tokens__Keys__0__Secret", null));
        foreach (var variable in UnitFile.All("Environment").Select(v => v.Split('=', 2))) environment[variable[0]] = variable[1].Replace("%d", _folder, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(_folder, "token"), environment["Gateway__Tokens__Keys__0__SecretFile"]);
        await using var check = new ChildProcess("dotnet", [Repository.GatewayDll, "--check-config"], environment);
        Assert.Equal(0, await check.ExitCodeAsync());
    }

    [Fact]
    public void Each_recommended_kernel_setting_exists_and_is_explained_in_the_readme()
    {
        var folder = Path.GetDirectoryName(UnitFile.Path)!;
        var readme = File.ReadAllText(Path.Combine(folder, "README.md"));
        var names = File.ReadLines(Path.Combine(folder, "heartbeatgateway-sysctl.conf")).Where(l => l.Contains('=', StringComparison.Ordinal) && l[0] != '#').Select(l => l.Split('=')[0].Trim()).ToList();
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            // A leading minus marks a setting that is missing if its kernel module is not loaded.
            if (name[0] != '-') Assert.True(File.Exists($"/proc/sys/{name.Replace('.', '/')}"), name);
            if (!name.EndsWith("syncookies", StringComparison.Ordinal)) Assert.Contains($"`{name.TrimStart('-')}`", readme, StringComparison.Ordinal);
        }
    }
}
