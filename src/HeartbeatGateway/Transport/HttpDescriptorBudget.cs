using HeartbeatGateway.Shared.Descriptors;

namespace HeartbeatGateway.Transport;

/// <summary>How many file descriptors HTTP connections may take. Read at the first use, when the endpoints are bound.</summary>
internal static class HttpDescriptorBudget
{
    /// <summary>The most open HTTP connections: half of the file descriptors that client connections never take.</summary>
    public static int MaxConnections { get; } = FileDescriptors.ReadFree() is { } free ? FileDescriptors.Headroom(free) / 2 : int.MaxValue;
}
