namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>Prometheus' own programs, as Debian installs them. If one is missing, its test is skipped; with <c>CI</c> set, the test fails.</summary>
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

    /// <summary>Runs one of the programs and asserts that it exits with 0.</summary>
    /// <returns>The output.</returns>
    public static async Task<string> RunAsync(string name, params string[] arguments)
    {
        await using var process = new ChildProcess(Find(name, name == Amtool ? "prometheus-alertmanager" : "prometheus"), arguments, new Dictionary<string, string?>());
        var exit = await process.ExitCodeAsync(TimeSpan.FromMinutes(1));
        var output = string.Join('\n', process.Lines);
        Assert.True(exit == 0, $"{name} {string.Join(' ', arguments)} exited with {exit}:\n{output}");
        return output;
    }
}
