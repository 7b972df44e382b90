using System.Collections.Immutable;

namespace HeartbeatGateway.Protocol;

/// <summary>The spelling of close reasons, and what can be said of each.</summary>
public static class CloseReasons
{
    /// <summary>All reasons that can end a connection, in the order of the enumeration (without <see cref="CloseReason.None"/>).</summary>
    public static ImmutableArray<CloseReason> All { get; } = [.. Enum.GetValues<CloseReason>().Where(r => r != CloseReason.None)];

    private static readonly ImmutableDictionary<string, CloseReason> ByName =
        All.ToImmutableDictionary(ToWireName, reason => reason, StringComparer.Ordinal);

    /// <summary>The reason's name on the wire and as metric label, for instance <c>reader_idle</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is <see cref="CloseReason.None"/> or has no name: an ending without a reason is a bug.</exception>
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
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "This close reason has no wire name."),
    };

    /// <summary>Finds a reason by its wire name; false for names that this version does not know.</summary>
    public static bool TryParse(string? wireName, out CloseReason reason)
    {
        reason = CloseReason.None;
        return wireName is not null && ByName.TryGetValue(wireName, out reason);
    }

    /// <summary>True for the reasons that turn a connection away before it is admitted.</summary>
    public static bool IsRejection(this CloseReason reason) => reason is CloseReason.LimitTotal or CloseReason.LimitAddress
        or CloseReason.LimitRate or CloseReason.LimitDescriptors or CloseReason.LimitMemory;

    /// <summary>True for reasons that can end a connection after it was admitted; <see cref="CloseReason.LimitMemory"/> is both.</summary>
    public static bool CanEndAdmitted(this CloseReason reason) => reason == CloseReason.LimitMemory || (reason != CloseReason.None && !IsRejection(reason));
}
