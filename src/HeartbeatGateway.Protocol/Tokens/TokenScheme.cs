namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>How frames prove that their sender knows a secret; docs/protocol.md, part 2.</summary>
public enum TokenScheme
{
    /// <summary>HMAC-SHA256 over the frame, with a key of its own for each direction. The default.</summary>
    HmacSha256,

    /// <summary>A plain digest over a recipe, for fleets that already run an article-style token. Symmetric.</summary>
    Digest,

    /// <summary>No token and no date window.</summary>
    None,
}
