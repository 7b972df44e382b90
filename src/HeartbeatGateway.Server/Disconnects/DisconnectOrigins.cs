using System.Collections.Immutable;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Disconnects;

/// <summary>The one table that says whose doing the end of a connection was, and the names of the origins.</summary>
public static class DisconnectOrigins
{
    /// <summary>All origins, in the order of the enumeration.</summary>
    public static ImmutableArray<DisconnectOrigin> All { get; } = [.. Enum.GetValues<DisconnectOrigin>()];

    /// <summary>The name of an origin, for example <c>network</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not in the enumeration.</exception>
    public static string ToWireName(this DisconnectOrigin origin) => origin switch
    {
        DisconnectOrigin.Client => "client",
        DisconnectOrigin.Network => "network",
        DisconnectOrigin.Gateway => "gateway",
        DisconnectOrigin.Operator => "operator",
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "This origin has no name."),
    };

    /// <summary>Whose doing a close was.</summary>
    /// <param name="reason">Why the connection ended.</param>
    /// <param name="cause">For a timeout: what the post-mortem found. Without it a timeout is the client's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The reason is <see cref="CloseReason.None"/> or is not in the enumeration.</exception>
    public static DisconnectOrigin Of(CloseReason reason, TimeoutCause? cause) => reason switch
    {
        CloseReason.ReaderIdle or CloseReason.AllIdle or CloseReason.HandshakeTimeout or CloseReason.FrameTimeout or CloseReason.SlowConsumer => cause switch
        {
            TimeoutCause.NetworkLoss => DisconnectOrigin.Network,
            TimeoutCause.GatewayStall => DisconnectOrigin.Gateway,
            _ => DisconnectOrigin.Client,
        },
        CloseReason.PeerClosed or CloseReason.Truncated or CloseReason.BadMagic or CloseReason.BadLength or CloseReason.BadDate or CloseReason.BadHello
            or CloseReason.TokenInvalid or CloseReason.TokenExpired or CloseReason.TlsFailed or CloseReason.ProxyInvalid or CloseReason.WebSocketInvalid or CloseReason.PingFlood
            or CloseReason.Replaced => DisconnectOrigin.Client,
        CloseReason.PeerReset => DisconnectOrigin.Network,
        CloseReason.LimitTotal or CloseReason.LimitAddress or CloseReason.LimitRate or CloseReason.LimitDescriptors or CloseReason.LimitMemory
            or CloseReason.MaxAge or CloseReason.InternalError or CloseReason.Undelivered => DisconnectOrigin.Gateway,
        CloseReason.Kicked or CloseReason.Banned or CloseReason.Unauthorized or CloseReason.Draining or CloseReason.Shutdown => DisconnectOrigin.Operator,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "This close reason has no origin."),
    };

    /// <summary>Finds an origin by its name. Returns false when this version does not define the name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="origin">The origin.</param>
    public static bool TryParse(string? name, out DisconnectOrigin origin)
    {
        foreach (var candidate in All)
        {
            if (candidate.ToWireName() != name) continue;
            origin = candidate;
            return true;
        }

        origin = default;
        return false;
    }
}
