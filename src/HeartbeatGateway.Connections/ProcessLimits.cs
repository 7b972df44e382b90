namespace HeartbeatGateway.Connections;

/// <summary>What the operating system lets this process do.</summary>
internal static class ProcessLimits
{
    /// <summary>Descriptors kept for everything but clients: listeners, HTTP, log files, libraries.</summary>
    private const int ReservedDescriptors = 256;
    private const string LimitsFile = "/proc/self/limits";

    /// <summary>The descriptor limit less a reserve; 0 (no limit) where the system does not tell one.</summary>
    public static int DefaultMaxConnections { get; } = ReadDescriptorLimit() is { } limit ? Math.Max(1, limit - ReservedDescriptors) : 0;

    private static int? ReadDescriptorLimit()
    {
        if (!File.Exists(LimitsFile)) return null;
        // "Max open files            20000                20000                files"
        var line = File.ReadLines(LimitsFile).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(3);
        return int.TryParse(soft, out var limit) ? limit : null;
    }
}
