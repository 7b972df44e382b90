using System.Reflection;
using System.Text.RegularExpressions;
using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Deploy.Tests.Systemd;

/// <summary>Runs the commands of deploy/systemd/README.md in a temporary folder, with substitutes for systemctl and sysctl.</summary>
public sealed partial class InstallationTests : IDisposable
{
    private const string SettingsName = "appsettings.Production.json";

    private readonly string _root = Directory.CreateTempSubdirectory("heartbeatgateway-install-").FullName;

    private string Program => Path.Combine(_root, "opt/heartbeatgateway");

    private string Settings => Path.Combine(_root, "etc/heartbeatgateway", SettingsName);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task An_update_replaces_the_program_and_keeps_the_settings_of_the_operator()
    {
        var blocks = Block().Matches(await ReadmeAsync()).Select(m => m.Groups["commands"].Value).ToList();
        foreach (var folder in (string[])["etc/systemd/system", "etc/sysctl.d", "bin"]) Directory.CreateDirectory(Path.Combine(_root, folder));
        foreach (var name in (string[])["systemctl", "sysctl"])
        {
            var file = Path.Combine(_root, "bin", name);
            await File.WriteAllTextAsync(file, $"#!/bin/sh\necho {name} \"$@\" >>{_root}/calls\n", TestContext.Current.CancellationToken);
            (await Command.RunAsync("chmod", ["+x", file])).Good();
        }

        await File.WriteAllTextAsync(Path.Combine(_root, "token.secret"), TestSecrets.Secret, TestContext.Current.CancellationToken);
        await RunAsync(blocks[0]);
        await CheckAsync(0, "The configuration can be used.");
        AssertUnitFindsItsFiles();

        await File.WriteAllTextAsync(Settings, """{"Gateway": {"Heartbeat": {"ReaderIddle": "00:00:09"}}}""", TestContext.Current.CancellationToken);
        await CheckAsync(1, "Gateway:Heartbeat:ReaderIddle is not a known setting");
        const string Mine = """{"Gateway": {"Heartbeat": {"ReaderIdle": "00:00:09"}}}""";
        await File.WriteAllTextAsync(Settings, Mine, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Program, "appsettings.json"), "{}", TestContext.Current.CancellationToken);

        // Installing again, updating, and publishing straight over the installation.
        await RunAsync(blocks[0]);
        await RunAsync(blocks[1]);
        await RunAsync(blocks[1].Split('\n')[0].Replace("artifacts/heartbeatgateway", "/opt/heartbeatgateway", StringComparison.Ordinal));
        Assert.Equal(Mine, await File.ReadAllTextAsync(Settings, TestContext.Current.CancellationToken));
        Assert.Equal(
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "appsettings.json"), TestContext.Current.CancellationToken),
            await File.ReadAllTextAsync(Path.Combine(Program, "appsettings.json"), TestContext.Current.CancellationToken));
        await CheckAsync(0, "The configuration can be used.");
        AssertUnitFindsItsFiles();
        var calls = await File.ReadAllLinesAsync(Path.Combine(_root, "calls"), TestContext.Current.CancellationToken);
        Assert.Equal(["systemctl stop heartbeatgateway", "systemctl start heartbeatgateway"], calls[^2..]);
    }

    [Fact]
    public async Task The_unit_has_no_reload_command_and_the_readme_lists_its_files()
    {
        Assert.Empty(UnitFile.All("ExecReload"));
        var readme = await ReadmeAsync();
        Assert.Contains($"`{UnitFile.All("EnvironmentFile").Single().TrimStart('-')}`", readme, StringComparison.Ordinal);
        Assert.Contains($"`{UnitFile.All("LoadCredential").Single().Split(':')[1]}`", readme, StringComparison.Ordinal);
        Assert.Contains($"`{UnitFile.All("AssertPathExists").Single()}`", readme, StringComparison.Ordinal);
    }

    private static Task<string> ReadmeAsync() =>
        File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(UnitFile.Path)!, "README.md"), TestContext.Current.CancellationToken);

    /// <summary>Checks the two conditions of the unit.</summary>
    private void AssertUnitFindsItsFiles()
    {
        var link = new FileInfo(_root + UnitFile.All("AssertPathIsSymbolicLink").Single());
        Assert.Equal(Settings, link.LinkTarget);
        Assert.True(File.Exists(_root + UnitFile.All("AssertPathExists").Single()));
    }

    private async Task RunAsync(string commands)
    {
        var local = Absolute().Replace(commands, $"{_root}/${{folder}}/")
            .Replace("artifacts/", $"{_root}/artifacts/", StringComparison.Ordinal)
            .Replace(" token.secret ", $" {_root}/token.secret ", StringComparison.Ordinal)
            // The tests have built the program already.
            .Replace("--configuration Release", $"--no-build --configuration {Configuration}", StringComparison.Ordinal);
        var path = $"{_root}/bin:{Environment.GetEnvironmentVariable("PATH")}";
        (await Command.RunAsync("sh", ["-eu", "-c", local], environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = path })).Good();
    }

    private async Task CheckAsync(int exitCode, string sentence)
    {
        await using var check = new ChildProcess("dotnet", [Path.Combine(Program, "HeartbeatGateway.dll"), "--check-config"], GatewayProcess.Environment(0, 0));
        Assert.Equal(exitCode, await check.ExitCodeAsync());
        Assert.Contains(check.Lines, l => l.Contains(sentence, StringComparison.Ordinal));
    }

    private static string Configuration =>
        typeof(InstallationTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => string.Equals(a.Key, "Configuration", StringComparison.Ordinal)).Value!;

    [GeneratedRegex(@"```sh\n(?<commands>[^`]+)```", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<![\w.])/(?<folder>opt|etc)/", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Absolute();
}
