namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The answer of <see cref="TokenKeyring.Verify"/>.</summary>
/// <param name="Outcome">What was found.</param>
/// <param name="Signer">How to sign an answer: the key and the form of the token that verified. Null when none did.</param>
public readonly record struct TokenVerdict(TokenOutcome Outcome, TokenSigner? Signer)
{
    /// <summary>True when the frame may be acted upon.</summary>
    public bool IsVerified => Outcome == TokenOutcome.Verified;
}
