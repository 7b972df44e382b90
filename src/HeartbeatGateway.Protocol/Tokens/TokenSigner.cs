using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Writes signed frames with one key and in one form (with or without key id). Thread-safe.</summary>
public abstract class TokenSigner
{
    private protected TokenSigner(TokenKey key) => Key = key;

    /// <summary>The key.</summary>
    public TokenKey Key { get; }

    /// <summary>True when the key id and a dot precede the token.</summary>
    public abstract bool IncludeKeyId { get; }

    /// <summary>
    /// True when it signs for one client only (see <see cref="TokenSecret.PerClient"/>). A frame of <see cref="Ping"/> is then valid until the next call on the
    /// same thread, and must be copied to be kept. Otherwise all connections with this key and form share the signer and its pings.
    /// </summary>
    public abstract bool IsPerClient { get; }

    /// <summary>The length of the token without key id, in characters.</summary>
    private protected abstract int TokenLength { get; }

    /// <summary>True when the key, and this signer, are valid for a client id.</summary>
    public abstract bool Admits(string clientId);

    /// <summary>A complete ping frame for an instant. Allocates nothing once a second has its first one.</summary>
    /// <param name="unixSeconds">Now, in seconds since 1970-01-01 UTC.</param>
    public abstract ReadOnlyMemory<byte> Ping(long unixSeconds);

    /// <summary>Writes a signed frame.</summary>
    /// <param name="output">Receives the frame.</param>
    /// <param name="type">The type, UTF-8; cut after at most 50 bytes.</param>
    /// <param name="content">The content.</param>
    /// <param name="unixSeconds">The date of the frame, in seconds since 1970-01-01 UTC.</param>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long unixSeconds) => WriteCore(output, type, content, unixSeconds, null);

    /// <summary>Writes a signed frame with a number.</summary>
    /// <param name="output">Receives the frame.</param>
    /// <param name="type">The type, UTF-8; cut after at most 50 bytes.</param>
    /// <param name="content">The content.</param>
    /// <param name="unixSeconds">The date of the frame, in seconds since 1970-01-01 UTC.</param>
    /// <param name="number">Follows the date.</param>
    /// <exception cref="InvalidOperationException">The number or its generation is outside its range.</exception>
    public void WriteNumbered(IBufferWriter<byte> output, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long unixSeconds, FrameNumber number) =>
        WriteCore(output, type, content, unixSeconds, number);

    /// <summary>Creates a signed frame with a number in its own buffer.</summary>
    /// <inheritdoc cref="WriteNumbered"/>
    public ReadOnlyMemory<byte> EncodeNumbered(ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long unixSeconds, FrameNumber number)
    {
        var output = new ArrayBufferWriter<byte>(FrameFormat.HeaderLength + content.Length);
        WriteCore(output, type, content, unixSeconds, number);
        return output.WrittenMemory;
    }

    private void WriteCore(IBufferWriter<byte> output, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long unixSeconds, FrameNumber? number)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> created = stackalloc byte[FrameFormat.FieldLength];
        FrameDate.Format(Key.Zone.ToWallSeconds(unixSeconds), created);
        created = created[..(FrameDate.Length + (number?.Write(created[FrameDate.Length..]) ?? 0))];
        var header = output.GetSpan(FrameFormat.HeaderLength)[..FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(header, type, content.Length, created);
        Sign(header, content);
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

    /// <summary>Writes the token field of a header.</summary>
    private protected void Sign(Span<byte> header, ReadOnlyMemory<byte> content)
    {
        Span<byte> token = stackalloc byte[FrameFormat.FieldLength];
        var prefix = 0;
        if (IncludeKeyId)
        {
            Key.IdBytes.CopyTo(token);
            token[Key.IdBytes.Length] = (byte)'.';
            prefix = Key.IdBytes.Length + 1;
        }

        Compute(header, new ReadOnlySequence<byte>(content), token[prefix..]);
        FrameFormat.WriteField(token[..(prefix + TokenLength)], header.Slice(FrameFormat.TokenOffset, FrameFormat.FieldLength));
    }

    /// <summary>Writes the <see cref="TokenLength"/> characters of the token of a frame.</summary>
    private protected abstract void Compute(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token);
}
