using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Server;

/// <summary>A frame that has begun to arrive.</summary>
/// <param name="Began">Timestamp at which its first byte was read; 0 for no frame.</param>
/// <param name="Claims">The content length that it claims; 0 while that has not arrived.</param>
internal readonly record struct PartialFrame(long Began, int Claims)
{
    public bool IsThere => Began != 0;

    /// <summary>The same frame, or a new one, as far as it has arrived.</summary>
    public PartialFrame With(in ReadOnlySequence<byte> bytes, long now) => new(IsThere ? Began : now, FrameReader.ClaimedLength(bytes));
}
