namespace HeartbeatGateway.Connections.Options;

/// <summary>One key.</summary>
public sealed class TokenKeyOptions
{
    /// <summary>1 to 6 characters of <c>A–Z a–z 0–9 _ -</c>. Default: <c>k1</c>, <c>k2</c>, … by position.</summary>
    public string? Id { get; set; }

    /// <summary>The secret's text; at least 16 bytes for <c>hmac-sha256</c>. Give either this or <see cref="SecretFile"/>.</summary>
    public string? Secret { get; set; }

    /// <summary>A file that holds the secret, as container engines mount them; its last newline does not count.</summary>
    public string? SecretFile { get; set; }
}
