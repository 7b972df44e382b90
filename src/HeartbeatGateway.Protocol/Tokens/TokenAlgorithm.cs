using System.Buffers;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Computes the token of a frame for one secret and one direction. Thread-safe.</summary>
internal abstract class TokenAlgorithm
{
    /// <summary>The length of a token without key id, in characters.</summary>
    public abstract int Length { get; }

    /// <summary>True when a key id and a dot may precede the token.</summary>
    public abstract bool AllowsKeyId { get; }

    /// <summary>Writes the <see cref="Length"/> ASCII characters of the token.</summary>
    /// <param name="header">The 158 bytes of the header; the token field is not read.</param>
    /// <param name="content">The content.</param>
    /// <param name="token">Receives the token.</param>
    public abstract void Compute(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token);

    /// <summary>True when the text has the length and the alphabet of a token of this scheme.</summary>
    public abstract bool IsWellFormed(ReadOnlySpan<byte> token);

    /// <summary>Writes the bytes that <see cref="Compute"/> signs, part by part, without the secret.</summary>
    public abstract void Describe(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, SignedBytesText text);
}
