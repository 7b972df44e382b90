namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>What checking a frame's token found.</summary>
public enum TokenOutcome
{
    /// <summary>The token verifies and the date is accepted.</summary>
    Verified,

    /// <summary>The token is empty, has the wrong length, or holds characters that no token of the scheme has.</summary>
    Malformed,

    /// <summary>The token names a key that is not configured.</summary>
    UnknownKey,

    /// <summary>The token is well formed and not the one that the secret gives.</summary>
    Mismatch,

    /// <summary>The token verifies; its date is older than the accepted age.</summary>
    Expired,

    /// <summary>The token verifies; its date lies further in the future than the accepted age.</summary>
    Future,

    /// <summary>The token verifies (or none is asked for); the created field holds no date that exists.</summary>
    BadDate,
}
