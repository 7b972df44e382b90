using System.Buffers.Binary;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>Writes frame headers. <see cref="Tokens.TokenSigner"/> adds the token and the content.</summary>
public static class FrameWriter
{
    /// <summary>Writes a header with an empty token field into the first 158 bytes of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public static void WriteHeader(Span<byte> destination, ReadOnlySpan<byte> type, int contentLength, ReadOnlySpan<byte> created)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(contentLength);
        BinaryPrimitives.WriteInt32BigEndian(destination, FrameFormat.Magic);
        BinaryPrimitives.WriteInt32BigEndian(destination[FrameFormat.LengthOffset..], contentLength);
        FrameFormat.WriteField(type, destination.Slice(FrameFormat.TypeOffset, FrameFormat.FieldLength));
        destination.Slice(FrameFormat.TokenOffset, FrameFormat.FieldLength).Clear();
        FrameFormat.WriteField(created, destination.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength));
    }
}
