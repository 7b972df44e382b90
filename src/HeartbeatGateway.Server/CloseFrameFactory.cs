using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Server;

/// <summary>What a client is told before its connection ends.</summary>
internal static class CloseFrameFactory
{
    /// <summary>The <c>close</c> frame for a client that asked for it; empty for clients and reasons that are not told.</summary>
    public static ReadOnlyMemory<byte> For(GatewayConnection connection, CloseReason reason, DateTimeOffset time, bool? retry = null, TimeSpan? after = null) =>
        connection.Session is { AcceptsClose: true } && IsTold(reason) ? Close(connection, reason, time, retry, after) : default;

    /// <summary>A <c>close</c> frame under the key that the client used last; empty when it has not used any.</summary>
    public static ReadOnlyMemory<byte> Close(
        GatewayConnection connection, CloseReason reason, DateTimeOffset time, bool? retry = null, TimeSpan? after = null, string? detail = null)
    {
        if (connection.Signer is not { } signer) return default;
        var payload = new ClosePayload { Reason = reason, Retry = retry ?? reason != CloseReason.Banned, After = after, ServerTime = time, Detail = detail };
        return signer.Encode(FrameKinds.Close, payload.ToJson(), time.ToUnixTimeSeconds());
    }

    /// <summary>Not those that the client caused by leaving, nor where it takes no byte any more; and a token that does not verify is never answered.</summary>
    private static bool IsTold(CloseReason reason) => reason is not
        (CloseReason.PeerClosed or CloseReason.PeerReset or CloseReason.Truncated or CloseReason.TokenInvalid or CloseReason.SlowConsumer);
}
