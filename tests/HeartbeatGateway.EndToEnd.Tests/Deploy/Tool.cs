namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>Prometheus' own programs, as Debian installs them. Where one is missing its test is skipped, but never on CI.</summary>
internal static class Tool
{
    public const string Promtool = "promtool";
    public const string Amtool = "amtool";

    public static string Find(string name, string package)
    {
        var found = new[] { "/usr/bin", "/usr/local/bin" }.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null && System.Environment.GetEnvironmentVariable("CI") is null, $"SKIPPED: {name} is missing; install Debian's {package}");
        return found ?? throw new FileNotFoundException($"{name} is missing; install Debian's {package}.");
    }

    /// <summary>Runs one of them to its end, which must be a good one.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(string name, params string[] arguments)
    {
        await using var process = new ChildProcess(Find(name, name == Amtool ? "prometheus-alertmanager" : "prometheus"), arguments, new Dictionary<string, string?>());
        var exit = await process.ExitCodeAsync(TimeSpan.FromMinutes(1));
        var output = string.Join('\n', process.Lines);
        Assert.True(exit == 0, $"{name} {string.Join(' ', arguments)} ended with {exit}:\n{output}");
        return output;
    }
}
