using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>One key of a keyring: how it verifies the other side's frames, and how it signs our own.</summary>
public sealed class TokenKey
{
    /// <param name="secret">The secret; null under <see cref="TokenScheme.None"/>.</param>
    /// <param name="index">The key's place in its keyring.</param>
    /// <param name="verifying">Makes the tokens that the other side must send.</param>
    /// <param name="signing">Makes ours.</param>
    /// <param name="zone">The wall clock of dates.</param>
    internal TokenKey(TokenSecret? secret, int index, TokenAlgorithm verifying, TokenAlgorithm signing, FrameTimeZone zone)
    {
        Secret = secret;
        Id = secret?.Id ?? "";
        Index = index;
        IdBytes = System.Text.Encoding.ASCII.GetBytes(Id);
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

    internal TokenSecret? Secret { get; }

    internal byte[] IdBytes { get; }

    /// <summary>It may speak for some clients only.</summary>
    internal bool IsBound => Secret is { Clients.IsEmpty: false };

    internal TokenAlgorithm Verifying { get; }

    internal PingTokenCache Pings { get; }

    /// <summary>True when this key may speak for a client; see <see cref="TokenSecret.Clients"/>.</summary>
    public bool Admits(string clientId) => !IsBound || Secret!.Clients.Any(pattern => pattern.Matches(clientId));

    /// <summary>The id; never the secret.</summary>
    public override string ToString() => Id;
}
