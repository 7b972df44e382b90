using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Connection;

/// <summary>Makes the <c>close</c> frame of a <see cref="CloseRequest"/>.</summary>
internal static class CloseFrameFactory
{
    /// <returns>The encoded frame; empty for clients that do not understand it and for reasons that are not sent.</returns>
    public static ReadOnlyMemory<byte> Create(GatewayConnection connection, in CloseRequest request, DateTimeOffset time)
    {
        if ((request.Signer ?? connection.Signer) is not { } signer) return default;
        var isExpected = request.AcceptsClose || connection.Session is { AcceptsClose: true };
        if (request.InReplyTo is null && !(isExpected && IsSent(request.Reason))) return default;
        var payload = new ClosePayload
        {
            Reason = request.Reason,
            Retry = request.Retry ?? request.Reason != CloseReason.Banned,
            After = request.After,
            ServerTime = time,
            Detail = request.Detail,
            InReplyTo = request.InReplyTo,
        };
        return signer.Encode(FrameKinds.Close, payload.ToJson(), time.ToUnixTimeSeconds());
    }

    /// <summary>
    /// Not sent: reasons for which the client has already disconnected or takes no more bytes, and a token that does not verify, which is never answered.
    /// </summary>
    private static bool IsSent(CloseReason reason) => reason is not
        (CloseReason.PeerClosed or CloseReason.PeerReset or CloseReason.Truncated or CloseReason.TokenInvalid or CloseReason.SlowConsumer);
}
