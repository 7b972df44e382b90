namespace HeartbeatGateway.Server.Options;

/// <summary>Token verification: a token proves that the sender of a frame has a secret.</summary>
public sealed class TokenOptions
{
    /// <summary><c>hmac-sha256</c> (default), <c>digest</c> or <c>none</c>.</summary>
    [Displayable]
    public string Scheme { get; set; } = "hmac-sha256";

    /// <summary>The keys. Each of them verifies tokens, so that a fleet can move from one key to the next.</summary>
    public IList<TokenKeyOptions> Keys { get; set; } = [];

    /// <summary>
    /// The largest difference between the date of a frame and the gateway's clock, in either direction. Default 5 min, which tolerates the clocks of
    /// most devices.
    /// </summary>
    [Displayable]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The recipe of the scheme <c>digest</c>.</summary>
    public DigestOptions Digest { get; set; } = new();

    /// <summary>
    /// For each token that does not verify, logs in hex the bytes that have to be signed, so that an encoder can be compared byte by byte. Default: on
    /// in Development, otherwise off, since the log would contain content of clients.
    /// </summary>
    [Displayable]
    public bool? LogSignedBytes { get; set; }
}
