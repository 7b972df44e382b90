using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>One key of a keyring. It verifies received frames and signs sent frames.</summary>
public sealed class TokenKey
{
    private UnsignedFrame _unsignedPing = new(long.MinValue, []);

    /// <param name="secret">The secret; null with <see cref="TokenScheme.None"/>.</param>
    /// <param name="index">The index of the key in its keyring.</param>
    /// <param name="verifying">Computes the tokens that received frames must have.</param>
    /// <param name="signing">Computes the tokens of sent frames.</param>
    /// <param name="zone">The time zone of dates.</param>
    internal TokenKey(TokenSecret? secret, int index, TokenAlgorithm verifying, TokenAlgorithm signing, FrameTimeZone zone)
    {
        Secret = secret;
        Id = secret?.Id ?? "";
        Index = index;
        IdBytes = System.Text.Encoding.ASCII.GetBytes(Id);
        Verifying = verifying;
        Pings = new PingTokenCache(verifying);
        Zone = zone;
        Bare = new SharedTokenSigner(this, includeKeyId: false, signing);
        Named = signing.AllowsKeyId ? new SharedTokenSigner(this, includeKeyId: true, signing) : Bare;
    }

    /// <summary>The configured id; empty with <see cref="TokenScheme.None"/>.</summary>
    public string Id { get; }

    /// <summary>The index of the key in <see cref="TokenKeyring.Keys"/>.</summary>
    public int Index { get; }

    /// <summary>Signs frames without the key id.</summary>
    public TokenSigner Bare { get; }

    /// <summary>Signs frames with the key id and a dot before the token. Equal to <see cref="Bare"/> when the scheme has no key ids.</summary>
    public TokenSigner Named { get; }

    /// <summary>True when each client has a secret of its own; see <see cref="TokenSecret.PerClient"/>.</summary>
    public bool IsPerClient => Secret is { PerClient: true };

    internal TokenSecret? Secret { get; }

    internal FrameTimeZone Zone { get; }

    internal byte[] IdBytes { get; }

    /// <summary>True when the key is valid for some client ids only.</summary>
    internal bool IsBound => Secret is { Clients.IsEmpty: false };

    internal TokenAlgorithm Verifying { get; }

    internal PingTokenCache Pings { get; }

    /// <summary>True when the key is valid for a client id; see <see cref="TokenSecret.Clients"/>.</summary>
    public bool Admits(string clientId) => !IsBound || Secret!.Clients.Any(pattern => pattern.Matches(clientId));

    /// <summary>The header of a ping of an instant, with an empty token. Made once per second.</summary>
    internal ReadOnlySpan<byte> UnsignedPing(long unixSeconds)
    {
        var ping = Volatile.Read(ref _unsignedPing);
        if (ping.UnixSeconds == unixSeconds) return ping.Header;
        Span<byte> created = stackalloc byte[FrameDate.Length];
        FrameDate.Format(Zone.ToWallSeconds(unixSeconds), created);
        var header = new byte[FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(header, FrameKinds.Ping, 0, created);
        Volatile.Write(ref _unsignedPing, new UnsignedFrame(unixSeconds, header));
        return header;
    }

    /// <summary>The id, never the secret.</summary>
    public override string ToString() => Id;

    private sealed record UnsignedFrame(long UnixSeconds, byte[] Header);
}
