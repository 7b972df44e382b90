namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The result of checking the token and the date of a frame.</summary>
public enum TokenOutcome
{
    /// <summary>The token verifies and the date is inside the accepted window.</summary>
    Verified,

    /// <summary>The token is empty, has the wrong length, or contains a character that the scheme does not use.</summary>
    Malformed,

    /// <summary>The key id of the token is not configured, or the token has no key id and all configured keys are bound to clients.</summary>
    UnknownKey,

    /// <summary>The token is well-formed, but no key that applies produces it.</summary>
    Mismatch,

    /// <summary>The token verifies, but the date is older than the accepted window.</summary>
    Expired,

    /// <summary>The token verifies, but the date is further in the future than the accepted window.</summary>
    Future,

    /// <summary>The token verifies or the scheme has no tokens, but the created field does not contain an existing date.</summary>
    BadDate,
}
