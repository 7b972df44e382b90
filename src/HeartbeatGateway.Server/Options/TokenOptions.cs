namespace HeartbeatGateway.Server.Options;

/// <summary>How frames prove that their sender knows a secret.</summary>
public sealed class TokenOptions
{
    /// <summary><c>hmac-sha256</c> (default), <c>digest</c> or <c>none</c>.</summary>
    public string Scheme { get; set; } = "hmac-sha256";

    /// <summary>The keys; all of them verify, so that a fleet can be moved from one to the next.</summary>
    public IList<TokenKeyOptions> Keys { get; set; } = [];

    /// <summary>How far the date of a frame may lie from the gateway's clock, either way. Default 5 min, which forgives most devices' clocks.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The recipe of the scheme <c>digest</c>.</summary>
    public DigestOptions Digest { get; set; } = new();

    /// <summary>
    /// Writes for each token that does not verify the bytes that had to be signed, in hex, so that an encoder can be compared byte by byte. Default
    /// off, and on in Development: content of clients would stand in the log.
    /// </summary>
    public bool? LogSignedBytes { get; set; }
}
