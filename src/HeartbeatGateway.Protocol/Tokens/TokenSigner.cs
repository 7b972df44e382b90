using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Writes signed frames with one key and in one form (with or without key id). Thread-safe: all connections with that key and form share it.</summary>
public sealed class TokenSigner
{
    private readonly TokenAlgorithm _algorithm;
    private readonly FrameTimeZone _zone;
    private SignedPing _ping = new(long.MinValue, ReadOnlyMemory<byte>.Empty);

    internal TokenSigner(TokenKey key, bool includeKeyId, TokenAlgorithm algorithm, FrameTimeZone zone)
    {
        Key = key;
        IncludeKeyId = includeKeyId;
        _algorithm = algorithm;
        _zone = zone;
    }

    /// <summary>The key.</summary>
    public TokenKey Key { get; }

    /// <summary>True when the key id and a dot precede the token.</summary>
    public bool IncludeKeyId { get; }

    /// <summary>A complete ping frame for an instant. The frame is created once per second and shared, so that answering a ping needs no hash.</summary>
    /// <param name="unixSeconds">Now, in seconds since 1970-01-01 UTC.</param>
    public ReadOnlyMemory<byte> Ping(long unixSeconds)
    {
        var ping = Volatile.Read(ref _ping);
        if (ping.UnixSeconds == unixSeconds) return ping.Frame;
        ping = new SignedPing(unixSeconds, Encode(FrameKinds.Ping, default, unixSeconds));
        Volatile.Write(ref _ping, ping);
        return ping.Frame;
    }

    /// <summary>Writes a signed frame.</summary>
    /// <param name="output">Receives the frame.</param>
    /// <param name="type">The type, UTF-8; cut after at most 50 bytes.</param>
    /// <param name="content">The content.</param>
    /// <param name="unixSeconds">The date of the frame, in seconds since 1970-01-01 UTC.</param>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long unixSeconds)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> created = stackalloc byte[FrameDate.Length];
        FrameDate.Format(_zone.ToWallSeconds(unixSeconds), created);
        var header = output.GetSpan(FrameFormat.HeaderLength)[..FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(header, type, content.Length, created);

        Span<byte> token = stackalloc byte[FrameFormat.FieldLength];
        var prefix = 0;
        if (IncludeKeyId)
        {
            Key.IdBytes.CopyTo(token);
            token[Key.IdBytes.Length] = (byte)'.';
            prefix = Key.IdBytes.Length + 1;
        }

        _algorithm.Compute(header, new ReadOnlySequence<byte>(content), token[prefix..]);
        FrameFormat.WriteField(token[..(prefix + _algorithm.Length)], header.Slice(FrameFormat.TokenOffset, FrameFormat.FieldLength));
        output.Advance(FrameFormat.HeaderLength);
        output.Write(content.Span);
    }

    /// <summary>Creates a signed frame in its own buffer, which can be sent to one or more clients.</summary>
    /// <inheritdoc cref="Write"/>
    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long unixSeconds)
    {
        var output = new ArrayBufferWriter<byte>(FrameFormat.HeaderLength + content.Length);
        Write(output, type, content, unixSeconds);
        return output.WrittenMemory;
    }

    private sealed record SignedPing(long UnixSeconds, ReadOnlyMemory<byte> Frame);
}
