using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The signer of all connections with one key and one form.</summary>
internal sealed class SharedTokenSigner(TokenKey key, bool includeKeyId, TokenAlgorithm algorithm) : TokenSigner(key)
{
    private SignedPing _ping = new(long.MinValue, ReadOnlyMemory<byte>.Empty);

    public override bool IncludeKeyId => includeKeyId;

    public override bool IsPerClient => false;

    private protected override int TokenLength => algorithm.Length;

    public override bool Admits(string clientId) => Key.Admits(clientId);

    /// <summary>The frame is created once per second and shared, so that answering a ping needs no hash.</summary>
    public override ReadOnlyMemory<byte> Ping(long unixSeconds)
    {
        var ping = Volatile.Read(ref _ping);
        if (ping.UnixSeconds == unixSeconds) return ping.Frame;
        ping = new SignedPing(unixSeconds, Encode(FrameKinds.Ping, default, unixSeconds));
        Volatile.Write(ref _ping, ping);
        return ping.Frame;
    }

    private protected override void Compute(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token) => algorithm.Compute(header, content, token);

    private sealed record SignedPing(long UnixSeconds, ReadOnlyMemory<byte> Frame);
}
