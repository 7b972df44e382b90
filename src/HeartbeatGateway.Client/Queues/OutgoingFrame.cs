using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Queues;

/// <summary>A frame that waits to be sent. It is dated and signed only then: after an outage a date of now would be too old.</summary>
/// <param name="Type">The type, UTF-8.</param>
/// <param name="Content">The content; nobody else's.</param>
internal readonly record struct OutgoingFrame(ReadOnlyMemory<byte> Type, ReadOnlyMemory<byte> Content)
{
    /// <summary>Bytes on the wire.</summary>
    public long WireBytes => FrameFormat.HeaderLength + (long)Content.Length;
}
