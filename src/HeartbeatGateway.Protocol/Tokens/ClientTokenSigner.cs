using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Verifies and signs the frames of one client whose secret is derived from a master. 88 bytes; one for each connection of such a client.</summary>
internal sealed class ClientTokenSigner : TokenSigner
{
    /// <summary>The frame of <see cref="Ping"/>: copied by whoever keeps it.</summary>
    [ThreadStatic]
    private static byte[]? _ping;

    private readonly ClientKeys _keys;

    /// <param name="key">The key of the master.</param>
    /// <param name="derived">From <see cref="ClientKeys.Derive"/>.</param>
    public ClientTokenSigner(TokenKey key, ReadOnlySpan<byte> derived)
        : base(key) => _keys = new ClientKeys(derived);

    private ClientTokenSigner(TokenKey key, in ClientKeys keys)
        : base(key) => _keys = keys;

    public override bool IncludeKeyId => true;

    public override bool IsPerClient => true;

    private protected override int TokenLength => HmacTokenAlgorithm.TokenLength;

    /// <summary>Derives the keys again, so only the client id that the frame was verified for is admitted.</summary>
    public override bool Admits(string clientId)
    {
        if (!Key.Admits(clientId) || !ClientId.IsValid(clientId)) return false;
        Span<byte> id = stackalloc byte[ClientId.MaxLength];
        Span<byte> derived = stackalloc byte[ClientKeys.KeyLength];
        ClientKeys.Derive(Key.Secret!.Bytes, id[..Encoding.ASCII.GetBytes(clientId, id)], derived);
        return _keys.AreOf(derived);
    }

    /// <summary>Takes one hash; the rest of the frame is made once per second for all clients.</summary>
    public override ReadOnlyMemory<byte> Ping(long unixSeconds)
    {
        var frame = _ping ??= new byte[FrameFormat.HeaderLength];
        Key.UnsignedPing(unixSeconds).CopyTo(frame);
        Sign(frame, default);
        return frame;
    }

    /// <summary>True when a frame of this client has this token.</summary>
    public bool Verify(in Frame frame, ReadOnlySpan<byte> token) => _keys.Verify(frame, token);

    /// <summary>The same client's signer under a key with the same master.</summary>
    public ClientTokenSigner MoveTo(TokenKey key) => new(key, _keys);

    private protected override void Compute(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token) => _keys.Sign(header, content, token);
}
