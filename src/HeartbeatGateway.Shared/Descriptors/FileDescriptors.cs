namespace HeartbeatGateway.Shared.Descriptors;

/// <summary>The file descriptors of this process. Linux reports them (proc(5)); on other systems they are unknown.</summary>
internal static class FileDescriptors
{
    private const int HeadroomMost = 160;
    private const int HeadroomLeast = 48;
    private const string LimitsFile = "/proc/self/limits";
    private const string DescriptorsFolder = "/proc/self/fd";

    /// <summary>The limit on open file descriptors; null if the system does not report it.</summary>
    public static int? ReadLimit()
    {
        if (!File.Exists(LimitsFile)) return null;
        // "Max open files            20000                20000                files"
        var line = File.ReadLines(LimitsFile).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(3);
        return int.TryParse(soft, out var limit) ? limit : null;
    }

    /// <summary>The limit less the open file descriptors. The runtime keeps libraries open: what is open before the first client stays open.</summary>
    public static int? ReadFree() => ReadLimit() is { } limit ? limit - Directory.EnumerateFiles(DescriptorsFolder).Count() : null;

    /// <summary>
    /// Free file descriptors that client connections never take. The runtime opens a library when its code is first needed, which may be during a burst
    /// of connections (the first HTTP page takes about twenty), and aborts the process when it cannot.
    /// </summary>
    public static int Headroom(int free) => Math.Clamp(free / 5, HeadroomLeast, HeadroomMost);
}
