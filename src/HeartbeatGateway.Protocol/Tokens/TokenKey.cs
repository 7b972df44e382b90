using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>One key of a keyring: how it verifies the other side's frames, and how it signs our own.</summary>
public sealed class TokenKey
{
    internal TokenKey(string id, int index, TokenAlgorithm verifying, TokenAlgorithm signing, FrameTimeZone zone)
    {
        Id = id;
        Index = index;
        IdBytes = System.Text.Encoding.ASCII.GetBytes(id);
        Verifying = verifying;
        Pings = new PingTokenCache(verifying);
        Bare = new TokenSigner(this, includeKeyId: false, signing, zone);
        Named = signing.AllowsKeyId ? new TokenSigner(this, includeKeyId: true, signing, zone) : Bare;
    }

    /// <summary>The configured id; empty under <see cref="TokenScheme.None"/>.</summary>
    public string Id { get; }

    /// <summary>Its place in <see cref="TokenKeyring.Keys"/>.</summary>
    public int Index { get; }

    /// <summary>Signs without naming the key.</summary>
    public TokenSigner Bare { get; }

    /// <summary>Signs with the key's id and a dot before the token, where the scheme knows ids.</summary>
    public TokenSigner Named { get; }

    internal byte[] IdBytes { get; }

    internal TokenAlgorithm Verifying { get; }

    internal PingTokenCache Pings { get; }

    /// <summary>The id; never the secret.</summary>
    public override string ToString() => Id;
}
