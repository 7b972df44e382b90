using System.Globalization;

namespace HeartbeatGateway.Cli.Load;

/// <summary>How many sockets this process may open.</summary>
internal static class DescriptorLimit
{
    // The runtime's own files and pipes.
    private const int Reserve = 100;

    /// <summary>The most clients; null where the system does not tell.</summary>
    public static int? MostClients()
    {
        const string Limits = "/proc/self/limits";
        if (!File.Exists(Limits)) return null;
        var line = File.ReadLines(Limits).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var fields = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is { Length: > 3 } && int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var soft) ? soft - Reserve : null;
    }
}
