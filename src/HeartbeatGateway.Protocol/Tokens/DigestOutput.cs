namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The text encoding of a digest in the token field.</summary>
public enum DigestOutput
{
    /// <summary>Lower-case hexadecimal.</summary>
    Hex,

    /// <summary>base64url without padding.</summary>
    Base64Url,
}
