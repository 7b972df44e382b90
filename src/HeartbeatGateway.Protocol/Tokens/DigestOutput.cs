namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>How a digest is written into the token field.</summary>
public enum DigestOutput
{
    /// <summary>Lower-case hexadecimal.</summary>
    Hex,

    /// <summary>base64url without padding.</summary>
    Base64Url,
}
