using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Deploy.Tests.Support;

/// <summary>Programs that are not part of .NET. If one is missing, the test is skipped and names it; with <c>CI</c> set, the test fails.</summary>
internal static class Tools
{
    /// <summary>The version that tests/setup.sh installs takes precedence over one in the PATH.</summary>
    public static string Helm() => Find("helm", Path.Combine(Repository.Root, "tests/tools/bin/helm"));

    public static string Node() => Find("node");

    public static string Promtool() => Find("promtool");

    public static string Strace() => Find("strace");

    public static string SystemdAnalyze() => Find("systemd-analyze");

    /// <summary>The path of a file in an npm package that tests/setup.sh installs.</summary>
    public static string Package(string path)
    {
        var file = Path.Combine(Repository.Root, "tests/tools/node_modules", path);
        Need(File.Exists(file), path);
        return file;
    }

    private static string Find(string name, string? preferred = null)
    {
        var file = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, name)).Prepend(preferred).FirstOrDefault(File.Exists);
        Need(file is not null, name);
        return file!;
    }

    private static void Need(bool isThere, string name)
    {
        if (isThere) return;
        Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") is null, $"SKIPPED: {name} is missing; tests/setup.sh installs it");
        Assert.Fail($"{name} is missing, although tests/setup.sh should have installed it");
    }
}
