using System.Globalization;

namespace HeartbeatGateway.Cli.Load;

/// <summary>The limit on sockets that this process can open.</summary>
internal static class DescriptorLimit
{
    // File descriptors of the runtime itself.
    private const int Reserve = 100;

    /// <summary>The largest possible number of clients; null when the system does not report its limit.</summary>
    public static int? MaxClients()
    {
        const string Limits = "/proc/self/limits";
        if (!File.Exists(Limits)) return null;
        var line = File.ReadLines(Limits).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var fields = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is { Length: > 3 } && int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var soft) ? soft - Reserve : null;
    }
}
