using System.Buffers;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Computes the token that a frame must carry under one secret and in one direction. Thread-safe.</summary>
internal abstract class TokenAlgorithm
{
    /// <summary>Characters of a token, without key id.</summary>
    public abstract int Length { get; }

    /// <summary>True when tokens may be preceded by a key id and a dot.</summary>
    public abstract bool AllowsKeyId { get; }

    /// <summary>Writes the token's <see cref="Length"/> ASCII characters.</summary>
    /// <param name="header">158 bytes; the token field is not looked at.</param>
    /// <param name="content">The content.</param>
    /// <param name="token">Receives the token.</param>
    public abstract void Compute(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token);

    /// <summary>True when the text could be a token of this scheme: right length, right alphabet.</summary>
    public abstract bool IsWellFormed(ReadOnlySpan<byte> token);

    /// <summary>Tells what <see cref="Compute"/> signs, part by part, the secret itself left out.</summary>
    public abstract void Describe(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, SignedBytesText text);
}
