using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Deploy.Tests.Systemd;

/// <summary>Reads directives of the unit file.</summary>
internal static class UnitFile
{
    public static string Path { get; } = System.IO.Path.Combine(Repository.Root, "deploy/systemd/heartbeatgateway.service");

    /// <summary>All values of a directive, in order.</summary>
    public static IEnumerable<string> All(string directive) =>
        File.ReadLines(Path).Where(l => l.StartsWith($"{directive}=", StringComparison.Ordinal)).Select(l => l[(directive.Length + 1)..]);

    public static TimeSpan Seconds(string directive) =>
        TimeSpan.FromSeconds(int.Parse(Assert.Single(All(directive)).TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture));
}
