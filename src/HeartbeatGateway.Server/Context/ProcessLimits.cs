using HeartbeatGateway.Shared.Descriptors;

namespace HeartbeatGateway.Server.Context;

/// <summary>
/// The numbers of connections that the file descriptor limit allows. Read at the first use, which is when the endpoints are bound: the runtime opens
/// some fifty libraries after the settings are read, and they stay open.
/// </summary>
internal static class ProcessLimits
{
    /// <summary>Descriptors reserved by default, as far as the limit allows: listeners, HTTP, log files, libraries.</summary>
    private const int ReservedByDefault = 256;

    /// <summary>The most connections that the descriptors allow, whatever is configured; 0 (no limit) where the system does not report them.</summary>
    public static int MostConnections { get; } = FileDescriptors.ReadFree() is { } free ? MostOf(free) : 0;

    /// <summary>Counts the free file descriptors now, unless they were counted before.</summary>
    public static void EnsureRead() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(ProcessLimits).TypeHandle);

    /// <summary>The default limit on connections: the descriptor limit less 256, and never more than <see cref="MostConnections"/>.</summary>
    public static int DefaultMaxConnections { get; } =
        FileDescriptors.ReadLimit() is { } limit ? DefaultOf(MostConnections, limit) : 0;

    /// <summary>The most connections with a number of free file descriptors.</summary>
    public static int MostOf(int free) => Math.Max(1, free - FileDescriptors.Headroom(free));

    /// <summary>The default limit on connections with a number of possible connections and a limit on file descriptors.</summary>
    public static int DefaultOf(int most, int limit) => Math.Min(most, Math.Max(most / 2, limit - ReservedByDefault));
}
