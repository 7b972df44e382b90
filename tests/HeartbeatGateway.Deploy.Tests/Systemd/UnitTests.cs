using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Deploy.Tests.Systemd;

/// <summary>The unit, as far as it can be judged without a systemd that starts it.</summary>
public sealed class UnitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-unit-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Systemd_finds_nothing_wrong_with_it()
    {
        // Only what is there can be verified: this machine's dotnet may stand elsewhere.
        var dotnet = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "dotnet")).First(File.Exists);
        var unit = Path.Combine(_folder, Path.GetFileName(UnitFile.Path));
        await File.WriteAllTextAsync(unit, (await File.ReadAllTextAsync(UnitFile.Path, TestContext.Current.CancellationToken)).Replace("/usr/bin/dotnet", dotnet, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var result = await Command.RunAsync(Tools.SystemdAnalyze(), ["verify", unit]);
        result.Good();
        // A directive that it does not know is a remark and exit code 0.
        Assert.DoesNotContain("heartbeatgateway.service", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_exposure_is_at_most_1_5_of_10() =>
        (await Command.RunAsync(Tools.SystemdAnalyze(), ["security", "--offline=true", "--threshold=15", UnitFile.Path])).Good();

    [Fact]
    public void It_may_stop_for_as_long_as_the_gateway_may_take()
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "appsettings.json")));
        var drain = TimeSpan.Parse(settings.RootElement.GetProperty("Gateway").GetProperty("Draining").GetProperty("Duration").GetString()!, CultureInfo.InvariantCulture);
        Assert.True(UnitFile.Seconds("TimeoutStopSec") >= drain + TimeSpan.FromSeconds(10), "Clients would be cut off.");
    }

    [Fact]
    public async Task The_gateway_starts_with_its_environment_and_its_credential()
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
    public void The_kernel_knows_each_of_the_advised_settings_and_the_document_explains_it()
    {
        var folder = Path.GetDirectoryName(UnitFile.Path)!;
        var readme = File.ReadAllText(Path.Combine(folder, "README.md"));
        var names = File.ReadLines(Path.Combine(folder, "heartbeatgateway-sysctl.conf")).Where(l => l.Contains('=', StringComparison.Ordinal) && l[0] != '#').Select(l => l.Split('=')[0].Trim()).ToList();
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            // A leading minus: may be missing where its module is not loaded.
            if (name[0] != '-') Assert.True(File.Exists($"/proc/sys/{name.Replace('.', '/')}"), name);
            if (!name.EndsWith("syncookies", StringComparison.Ordinal)) Assert.Contains($"`{name.TrimStart('-')}`", readme, StringComparison.Ordinal);
        }
    }
}
