using System.Collections.Immutable;

namespace HeartbeatGateway.Server.Options;

/// <summary>
/// The names of limits, in the configuration and as metric label. A limit that closes connections with its own close reason has that reason's
/// name.
/// </summary>
internal static class LimitNames
{
    /// <summary>Every limit and its name, in the order in which they are checked.</summary>
    public static ImmutableArray<(LimitKind Limit, string Name)> All { get; } =
    [
        (LimitKind.Total, "limit_total"), (LimitKind.Memory, "limit_memory"), (LimitKind.Rate, "limit_rate"), (LimitKind.Address, "limit_address"),
        (LimitKind.HandshakeTimeout, "handshake_timeout"), (LimitKind.FirstContent, "first_content"), (LimitKind.PingFlood, "ping_flood"),
    ];

    /// <summary>The names, separated by commas.</summary>
    public static string Listed { get; } = string.Join(", ", All.Select(l => l.Name));

    /// <summary>The limit with a name; <see cref="LimitKind.None"/> for an unknown name.</summary>
    public static LimitKind Of(string name) => All.FirstOrDefault(l => l.Name == name).Limit;
}
