using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Writes signed frames under one key and in one form (with or without key id). Thread-safe; shared by all connections that use it.</summary>
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

    /// <summary>True when tokens are written with the key's id and a dot in front.</summary>
    public bool IncludeKeyId { get; }

    /// <summary>A whole ping frame for an instant: made once a second and shared, so that answering a ping costs no hash.</summary>
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
    /// <param name="output">Where to.</param>
    /// <param name="type">The type, UTF-8; cut at 50 bytes.</param>
    /// <param name="content">The content.</param>
    /// <param name="unixSeconds">The date to write, in seconds since 1970-01-01 UTC.</param>
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

    /// <summary>A signed frame as bytes of its own, to be sent to one or to many.</summary>
    /// <inheritdoc cref="Write"/>
    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long unixSeconds)
    {
        var output = new ArrayBufferWriter<byte>(FrameFormat.HeaderLength + content.Length);
        Write(output, type, content, unixSeconds);
        return output.WrittenMemory;
    }

    private sealed record SignedPing(long UnixSeconds, ReadOnlyMemory<byte> Frame);
}
