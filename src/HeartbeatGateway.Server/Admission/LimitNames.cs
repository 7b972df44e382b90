using System.Collections.Immutable;

namespace HeartbeatGateway.Server.Admission;

/// <summary>
/// The spelling of limits, in the configuration and as label: that of the reason by which the limit ends a connection, where it has a
/// reason of its own.
/// </summary>
internal static class LimitNames
{
    /// <summary>Every limit and its name, in the order in which they are met.</summary>
    public static ImmutableArray<(Limits Limit, string Name)> All { get; } =
    [
        (Limits.Total, "limit_total"), (Limits.Memory, "limit_memory"), (Limits.Rate, "limit_rate"), (Limits.Address, "limit_address"),
        (Limits.HandshakeTimeout, "handshake_timeout"), (Limits.FirstContent, "first_content"), (Limits.PingFlood, "ping_flood"),
    ];

    /// <summary>The names, for a sentence.</summary>
    public static string Listed { get; } = string.Join(", ", All.Select(l => l.Name));

    /// <summary>The limit of a name; none for a text that is no name.</summary>
    public static Limits Of(string name) => All.FirstOrDefault(l => l.Name == name).Limit;
}
