using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// A frame that waits to be sent. It is dated and signed when it is sent: a date from the time of queuing could be too old after an outage.
/// </summary>
/// <param name="Type">The type, UTF-8.</param>
/// <param name="Content">The content; a private copy.</param>
internal readonly record struct OutgoingFrame(ReadOnlyMemory<byte> Type, ReadOnlyMemory<byte> Content)
{
    /// <summary>The size of the frame on the wire, in bytes.</summary>
    public long WireBytes => FrameFormat.HeaderLength + (long)Content.Length;
}
