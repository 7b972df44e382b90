using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Connections.Options;

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
}

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

/// <summary>The recipe of the scheme <c>digest</c>; see docs/protocol.md, part 2.</summary>
public sealed class DigestOptions
{
    /// <summary><c>MD5</c>, <c>SHA1</c> (default) or <c>SHA256</c>.</summary>
    public string Algorithm { get; set; } = "SHA1";

    /// <summary>Hex (default) or Base64Url.</summary>
    public DigestOutput Output { get; set; } = DigestOutput.Hex;

    /// <summary>What is digested: text with <c>{magic} {length} {type} {created} {content} {secret}</c>.</summary>
    public string Recipe { get; set; } = DigestRecipe.DefaultRecipe;
}
