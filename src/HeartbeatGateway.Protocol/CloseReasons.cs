using System.Collections.Immutable;

namespace HeartbeatGateway.Protocol;

/// <summary>The wire names of close reasons, and the groups that they belong to.</summary>
public static class CloseReasons
{
    /// <summary>All reasons except <see cref="CloseReason.None"/>, in the order of the enumeration.</summary>
    public static ImmutableArray<CloseReason> All { get; } = [.. Enum.GetValues<CloseReason>().Where(r => r != CloseReason.None)];

    private static readonly ImmutableDictionary<string, CloseReason> ByName =
        All.ToImmutableDictionary(ToWireName, reason => reason, StringComparer.Ordinal);

    /// <summary>The name of the reason on the wire and as metric label, for example <c>reader_idle</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The value is <see cref="CloseReason.None"/> or is not in the enumeration. Closing a connection without a reason is a bug.
    /// </exception>
    public static string ToWireName(this CloseReason reason) => reason switch
    {
        CloseReason.PeerClosed => "peer_closed",
        CloseReason.PeerReset => "peer_reset",
        CloseReason.ReaderIdle => "reader_idle",
        CloseReason.AllIdle => "all_idle",
        CloseReason.HandshakeTimeout => "handshake_timeout",
        CloseReason.FrameTimeout => "frame_timeout",
        CloseReason.Truncated => "truncated",
        CloseReason.BadMagic => "bad_magic",
        CloseReason.BadLength => "bad_length",
        CloseReason.BadDate => "bad_date",
        CloseReason.BadHello => "bad_hello",
        CloseReason.TokenInvalid => "token_invalid",
        CloseReason.TokenExpired => "token_expired",
        CloseReason.TlsFailed => "tls_failed",
        CloseReason.ProxyInvalid => "proxy_invalid",
        CloseReason.Replaced => "replaced",
        CloseReason.Kicked => "kicked",
        CloseReason.Banned => "banned",
        CloseReason.PingFlood => "ping_flood",
        CloseReason.SlowConsumer => "slow_consumer",
        CloseReason.LimitTotal => "limit_total",
        CloseReason.LimitAddress => "limit_address",
        CloseReason.LimitRate => "limit_rate",
        CloseReason.LimitDescriptors => "limit_descriptors",
        CloseReason.LimitMemory => "limit_memory",
        CloseReason.MaxAge => "max_age",
        CloseReason.Draining => "draining",
        CloseReason.Shutdown => "shutdown",
        CloseReason.InternalError => "internal_error",
        CloseReason.WebSocketInvalid => "websocket_invalid",
        CloseReason.Undelivered => "undelivered",
        CloseReason.Unauthorized => "unauthorized",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "This close reason has no wire name."),
    };

    /// <summary>Finds a reason by its wire name. Returns false when this version does not define the name.</summary>
    public static bool TryParse(string? wireName, out CloseReason reason)
    {
        reason = CloseReason.None;
        return wireName is not null && ByName.TryGetValue(wireName, out reason);
    }

    /// <summary>True for the reasons that reject a connection before it is admitted.</summary>
    public static bool IsRejection(this CloseReason reason) => reason is CloseReason.LimitTotal or CloseReason.LimitAddress
        or CloseReason.LimitRate or CloseReason.LimitDescriptors or CloseReason.LimitMemory or CloseReason.Banned;

    /// <summary>
    /// True for the reasons that can end a connection after it is admitted. <see cref="CloseReason.LimitMemory"/> and
    /// <see cref="CloseReason.Banned"/> can both reject a connection and end an admitted one.
    /// </summary>
    public static bool CanEndAdmitted(this CloseReason reason) => reason is CloseReason.LimitMemory or CloseReason.Banned || (reason != CloseReason.None && !IsRejection(reason));
}
