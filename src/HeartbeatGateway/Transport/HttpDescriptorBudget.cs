using HeartbeatGateway.Shared.Descriptors;

namespace HeartbeatGateway.Transport;

/// <summary>How many file descriptors HTTP connections may take. Read at the first use, when the endpoints are bound.</summary>
internal static class HttpDescriptorBudget
{
    /// <summary>HTTP connections that may be open at once: half of the descriptors that client connections leave free.</summary>
    public static int MaxConnections { get; } = FileDescriptors.ReadFree() is { } free ? FileDescriptors.Headroom(free) / 2 : int.MaxValue;
}
