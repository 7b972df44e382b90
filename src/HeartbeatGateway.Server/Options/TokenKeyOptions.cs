namespace HeartbeatGateway.Server.Options;

/// <summary>One key.</summary>
public sealed class TokenKeyOptions
{
    /// <summary>1 to 6 characters of <c>A–Z a–z 0–9 _ -</c>. Default: <c>k1</c>, <c>k2</c>, … by position.</summary>
    public string? Id { get; set; }

    /// <summary>The secret's text; at least 16 bytes for <c>hmac-sha256</c>. Give either this or <see cref="SecretFile"/>.</summary>
    public string? Secret { get; set; }

    /// <summary>A file that holds the secret, as container engines mount them; its last newline does not count.</summary>
    public string? SecretFile { get; set; }

    /// <summary>
    /// The names that clients with this key may give themselves, with <c>*</c> for any characters: <c>pump-*</c>. Empty for all. A bound
    /// key must be named in tokens, so it needs <c>hmac-sha256</c>.
    /// </summary>
    public IList<string> Clients { get; set; } = [];
}
