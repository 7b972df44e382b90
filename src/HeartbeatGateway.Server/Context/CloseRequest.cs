using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Server.Context;

/// <summary>
/// The intent to close a connection. The connection carries it out in one place, which makes of it the <c>close</c> frame, the metrics, the log
/// line and the presence event. The first request wins.
/// </summary>
/// <param name="Reason">The close reason, for every log line, metric and event.</param>
internal readonly record struct CloseRequest(CloseReason Reason)
{
    /// <summary>The gateway closes for a reason of its own, so what the client sends until it has read the <c>close</c> frame is still delivered.</summary>
    public bool IsPlanned => Reason is CloseReason.Draining or CloseReason.MaxAge or CloseReason.Shutdown && Fault is null;

    /// <summary>Whether the client may reconnect; null: unless it is banned.</summary>
    public bool? Retry { get; init; }

    /// <summary>The client's reconnect slot: it is to reconnect after this time. Null leaves that to the client.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>What is wrong, in words, for the log and the client. Text from a peer in it is escaped.</summary>
    public string? Detail { get; init; }

    /// <summary>The client id that the peer claims in the frame that is refused; not verified, escaped. For the log alone.</summary>
    public string? ClaimedClientId { get; init; }

    /// <summary>The client id of a hello whose token verified, and that is refused before its client is registered.</summary>
    public string? VerifiedClientId { get; init; }

    /// <summary>The id of the key whose token the refused frame has; null when none verified. For the log alone.</summary>
    public string? KeyId { get; init; }

    /// <summary>The token that the <c>close</c> frame answers; such a frame is sent to any client.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>Signs the <c>close</c> frame instead of the connection's own signer.</summary>
    public TokenSigner? Signer { get; init; }

    /// <summary>The client understands <c>close</c>, although it has no session that says so.</summary>
    public bool AcceptsClose { get; init; }

    /// <summary>What was known of the connection when its time limit was reached; null for other reasons.</summary>
    public PostMortem? PostMortem { get; init; }

    /// <summary>What the timeout was caused by; null for reasons that are none. A timeout that was not examined is the client's.</summary>
    public TimeoutCause? Cause => PostMortem?.Cause ?? (TimeoutCauses.Of(Reason).IsEmpty ? null : TimeoutCause.ClientSilent);

    /// <summary>How late after its deadline a timeout was detected.</summary>
    public TimeSpan Late { get; init; }

    /// <summary>The exception behind <see cref="CloseReason.InternalError"/>.</summary>
    public Exception? Fault { get; init; }
}
