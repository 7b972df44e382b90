using System.Collections.Immutable;

namespace HeartbeatGateway.Server.Options;

/// <summary>
/// The spelling of limits, in the configuration and as label: that of the reason by which the limit ends a connection, where it has a
/// reason of its own.
/// </summary>
internal static class LimitNames
{
    /// <summary>Every limit and its name, in the order in which they are met.</summary>
    public static ImmutableArray<(LimitKind Limit, string Name)> All { get; } =
    [
        (LimitKind.Total, "limit_total"), (LimitKind.Memory, "limit_memory"), (LimitKind.Rate, "limit_rate"), (LimitKind.Address, "limit_address"),
        (LimitKind.HandshakeTimeout, "handshake_timeout"), (LimitKind.FirstContent, "first_content"), (LimitKind.PingFlood, "ping_flood"),
    ];

    /// <summary>The names, for a sentence.</summary>
    public static string Listed { get; } = string.Join(", ", All.Select(l => l.Name));

    /// <summary>The limit of a name; none for a text that is no name.</summary>
    public static LimitKind Of(string name) => All.FirstOrDefault(l => l.Name == name).Limit;
}
