using System.Buffers;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The scheme <c>none</c>: the token field is written empty and is not read.</summary>
internal sealed class NoTokenAlgorithm : TokenAlgorithm
{
    public override int Length => 0;

    public override bool AllowsKeyId => false;

    public override void Compute(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token)
    {
        // The token is empty.
    }

    public override bool IsWellFormed(ReadOnlySpan<byte> token) => true;

    public override void Describe(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, SignedBytesText text)
    {
        // Nothing is signed.
    }
}
