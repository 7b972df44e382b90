namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The result of <see cref="TokenKeyring.Verify"/>.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Signer">Signs the answer with the key and the form of the token that verified. Null when no token verified.</param>
public readonly record struct TokenVerdict(TokenOutcome Outcome, TokenSigner? Signer)
{
    /// <summary>True when the frame may be processed.</summary>
    public bool IsVerified => Outcome == TokenOutcome.Verified;
}
