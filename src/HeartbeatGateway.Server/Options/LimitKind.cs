namespace HeartbeatGateway.Server.Options;

/// <summary>The limits that can be report-only. <see cref="LimitNames"/> has their names.</summary>
[Flags]
internal enum LimitKind
{
    None = 0,
    Total = 1,
    Memory = 2,
    Rate = 4,
    Address = 8,
    HandshakeTimeout = 16,
    FirstContent = 32,
    PingFlood = 64,
}
