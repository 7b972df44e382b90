using HeartbeatGateway.Shared.Descriptors;

namespace HeartbeatGateway.Transport;

/// <summary>How many file descriptors HTTP connections may take. Read at the first use, when the endpoints are bound.</summary>
internal static class HttpDescriptorBudget
{
    /// <summary>The most open HTTP connections: half of the file descriptors that client connections never take, which is 24 to 80.</summary>
    public static int MaxConnections { get; } = FileDescriptors.Headroom(FileDescriptors.ReadFree() ?? int.MaxValue) / 2;
}
