namespace HeartbeatGateway.Server;

/// <summary>
/// What the operating system lets this process do. Read when it is first asked for, which is when the endpoints are bound: the runtime has opened some
/// fifty libraries since the settings were read, and whatever is in use by then is in use for ever.
/// </summary>
internal static class ProcessLimits
{
    /// <summary>Descriptors kept back by default, as far as the limit goes: listeners, HTTP, log files, libraries.</summary>
    private const int ReservedByDefault = 256;

    /// <summary>
    /// Free descriptors that connections never take. The runtime opens a library when its code is first needed, which may be in the
    /// middle of a rush (the first page that is asked for takes about twenty), and aborts when it cannot.
    /// </summary>
    private const int HeadroomMost = 160;
    private const int HeadroomLeast = 48;
    private const string LimitsFile = "/proc/self/limits";
    private const string DescriptorsFolder = "/proc/self/fd";

    /// <summary>The most connections that the descriptors allow, whatever is configured; 0 (no limit) where the system does not tell.</summary>
    public static int MostConnections { get; } = ReadMost();

    /// <summary>How many connections are admitted when nothing is configured: the descriptor limit less 256, and never more than <see cref="MostConnections"/>.</summary>
    public static int DefaultMaxConnections { get; } =
        ReadDescriptorLimit() is { } limit ? Math.Min(MostConnections, Math.Max(MostConnections / 2, limit - ReservedByDefault)) : 0;

    /// <summary>How many HTTP connections are let in at once: half of what clients leave free.</summary>
    public static int MostOperators { get; } = ReadFree() is { } free ? Headroom(free) / 2 : int.MaxValue;

    private static int ReadMost() => ReadFree() is { } free ? Math.Max(1, free - Headroom(free)) : 0;

    private static int Headroom(int free) => Math.Clamp(free / 5, HeadroomLeast, HeadroomMost);

    /// <summary>The runtime keeps libraries open: what is in use before the first client stays in use.</summary>
    private static int? ReadFree() => ReadDescriptorLimit() is { } limit ? limit - Directory.EnumerateFiles(DescriptorsFolder).Count() : null;

    private static int? ReadDescriptorLimit()
    {
        if (!File.Exists(LimitsFile)) return null;
        // "Max open files            20000                20000                files"
        var line = File.ReadLines(LimitsFile).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(3);
        return int.TryParse(soft, out var limit) ? limit : null;
    }
}
