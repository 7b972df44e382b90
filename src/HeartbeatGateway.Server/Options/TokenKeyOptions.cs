namespace HeartbeatGateway.Server.Options;

/// <summary>One token key.</summary>
public sealed class TokenKeyOptions
{
    /// <summary>1 to 6 characters of <c>A–Z a–z 0–9 _ -</c>. Default: <c>k1</c>, <c>k2</c>, … by position.</summary>
    [Displayable]
    public string? Id { get; set; }

    /// <summary>The secret as text; at least 16 bytes for <c>hmac-sha256</c>. Give either this or <see cref="SecretFile"/>.</summary>
    [Secret]
    public string? Secret { get; set; }

    /// <summary>A file that contains the secret, as container engines mount it. A newline at its end is ignored.</summary>
    [Displayable]
    public string? SecretFile { get; set; }

    /// <summary>
    /// The client ids that clients with this key may use, with <c>*</c> for any characters: <c>pump-*</c>. Empty allows all. Tokens must contain the id
    /// of a key that is bound to clients, so such a key needs <c>hmac-sha256</c>.
    /// </summary>
    [Displayable]
    public IList<string> Clients { get; set; } = [];

    /// <summary>
    /// The secret is a master, from which each client's own secret is derived (<c>hbg token derive</c>). A client then has to send a hello first, and its tokens
    /// must contain the key id, so such a key needs <c>hmac-sha256</c>.
    /// </summary>
    [Displayable]
    public bool PerClient { get; set; }
}
