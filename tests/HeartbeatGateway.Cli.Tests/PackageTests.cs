using System.Diagnostics;
using System.IO.Compression;

namespace HeartbeatGateway.Cli.Tests;

/// <summary>The tool as users get it: packed, installed from a folder, and run as a separate process.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(4);

    private readonly string _folder = Directory.CreateTempSubdirectory("hbg-package-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_tool_can_be_packed_installed_and_run()
    {
        var packages = Path.Combine(_folder, "packages");
        var tools = Path.Combine(_folder, "tools");
        var project = Path.Combine(Repository.Root, "src/HeartbeatGateway.Cli");
        await RunAsync("dotnet", ["pack", project, "--no-build", "-c", Repository.Configuration, "-o", packages, "--nologo", "-v", "q"]);
        var package = Assert.Single(Directory.GetFiles(packages, "HeartbeatGateway.Cli.*.nupkg"));
        var version = Path.GetFileNameWithoutExtension(package)["HeartbeatGateway.Cli.".Length..];
        await AssertReadmeAsync(package);

        // The folder is the only source, so that no package comes from elsewhere.
        await RunAsync("dotnet", ["tool", "install", "HeartbeatGateway.Cli", "--tool-path", tools, "--source", packages, "--version", version]);
        var hbg = Path.Combine(tools, OperatingSystem.IsWindows() ? "hbg.exe" : "hbg");

        var (code, output, _) = await RunAsync(hbg, ["token", "make", "--secret", CliRun.Secret, "--created", CliRun.Date]);
        Assert.Equal((0, "yqMZ8T3m0eHgM2jY2uvfjHCscGXai-zwDEzAykv2a7c\n"), (code, output));
        Assert.StartsWith(version, (await RunAsync(hbg, ["--version"])).Output, StringComparison.Ordinal);

        // The real streams of a process: bytes through a redirect, and an error with its exit code.
        await RunAsync("sh", ["-c", $"'{hbg}' frame encode --scheme none -o raw > '{_folder}/frame'"]);
        Assert.Equal(158, new FileInfo(Path.Combine(_folder, "frame")).Length);
        var (wrong, nothing, error) = await RunAsync(hbg, ["frame", "explain", "--file", "/no/such/file"], expected: (int)ExitCode.File);
        Assert.Equal(((int)ExitCode.File, ""), (wrong, nothing));
        Assert.StartsWith("hbg: --file: '/no/such/file' cannot be read", error, StringComparison.Ordinal);
    }

    private static async Task AssertReadmeAsync(string package)
    {
        await using var archive = await ZipFile.OpenReadAsync(package);
        await using var readme = await archive.GetEntry("README.md")!.OpenAsync();
        using var reader = new StreamReader(readme);
        Assert.StartsWith("# hbg\n", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string file, string[] arguments, int expected = 0)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = _folder,
        };
        // An own package cache, so that a package of the same version from an earlier run is not used.
        start.Environment["NUGET_PACKAGES"] = Path.Combine(_folder, "cache");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(Timeout, TimeProvider.System);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(timeout.Token), process.StandardError.ReadToEndAsync(timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
            Assert.True(
                process.ExitCode == expected, $"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}\n{await error}");
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
