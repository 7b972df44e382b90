namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The scheme of the token, which proves that the sender of a frame has a secret; see docs/protocol.md, part 2.</summary>
public enum TokenScheme
{
    /// <summary>HMAC-SHA256 over the frame, with a separate key for each direction. The default.</summary>
    HmacSha256,

    /// <summary>
    /// A plain digest over a recipe, the same in both directions. For fleets that already use a token in the style of the Netty heartbeat
    /// tutorial ("the article").
    /// </summary>
    Digest,

    /// <summary>No token and no window for the date.</summary>
    None,
}
