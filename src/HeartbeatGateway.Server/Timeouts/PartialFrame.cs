using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>A frame of which a part has arrived.</summary>
/// <param name="Began">Timestamp at which its first byte was read; 0 for no frame.</param>
/// <param name="DeclaredLength">The content length that its header declares; 0 while that has not arrived.</param>
internal readonly record struct PartialFrame(long Began, int DeclaredLength)
{
    public bool Exists => Began != 0;

    /// <summary>The same frame, or a new one, as far as it has arrived.</summary>
    public PartialFrame With(in ReadOnlySequence<byte> bytes, long now) => new(Exists ? Began : now, FrameReader.ClaimedLength(bytes));
}
