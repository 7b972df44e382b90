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

/// <summary>Questions about a set of limits.</summary>
internal static class LimitKinds
{
    /// <summary>True if the limit is in the set. Enum.HasFlag allocates two objects as long as its caller is not optimised, which a storm after a start outruns.</summary>
    public static bool Has(this LimitKind limits, LimitKind limit) => (limits & limit) == limit;
}
