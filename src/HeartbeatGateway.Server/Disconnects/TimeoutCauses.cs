using System.Collections.Immutable;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Disconnects;

/// <summary>The names of the causes of timeouts, in metrics, log lines, events and the HTTP API.</summary>
public static class TimeoutCauses
{
    /// <summary>All causes, in the order of the enumeration.</summary>
    public static ImmutableArray<TimeoutCause> All { get; } = [.. Enum.GetValues<TimeoutCause>()];

    private static readonly ImmutableArray<TimeoutCause> WithoutInterval = All.Remove(TimeoutCause.IntervalTooLong);

    /// <summary>The name of a cause, for example <c>client_silent</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not in the enumeration.</exception>
    public static string ToWireName(this TimeoutCause cause) => cause switch
    {
        TimeoutCause.ClientSilent => "client_silent",
        TimeoutCause.NetworkLoss => "network_loss",
        TimeoutCause.IntervalTooLong => "interval_too_long",
        TimeoutCause.GatewayStall => "gateway_stall",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "This cause has no name."),
    };

    /// <summary>The causes that a close reason can have; none for reasons that are no timeout.</summary>
    /// <param name="reason">The close reason. The time between heartbeats matters for idle timeouts only.</param>
    public static ImmutableArray<TimeoutCause> Of(CloseReason reason) => reason switch
    {
        CloseReason.ReaderIdle or CloseReason.AllIdle => All,
        CloseReason.HandshakeTimeout or CloseReason.FrameTimeout or CloseReason.SlowConsumer => WithoutInterval,
        _ => [],
    };

    /// <summary>Finds a cause by its name. Returns false when this version does not define the name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cause">The cause.</param>
    public static bool TryParse(string? name, out TimeoutCause cause)
    {
        foreach (var candidate in All)
        {
            if (candidate.ToWireName() != name) continue;
            cause = candidate;
            return true;
        }

        cause = default;
        return false;
    }
}
