using System.Text;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Queues;

/// <summary>A frame that is not dated and signed yet.</summary>
/// <param name="Type">The type, UTF-8.</param>
/// <param name="Content">The content, its own copy.</param>
internal readonly record struct OutboundFrame(byte[] Type, ReadOnlyMemory<byte> Content)
{
    public int WireBytes => FrameFormat.HeaderLength + Content.Length;

    /// <exception cref="ArgumentException">The type cannot be sent.</exception>
    public static OutboundFrame Make(string type, ReadOnlyMemory<byte> content)
    {
        ArgumentNullException.ThrowIfNull(type);
        var utf8 = Encoding.UTF8.GetBytes(type);
        if (utf8.Length > FrameFormat.FieldLength) throw new ArgumentException($"The type '{type}' has {utf8.Length} bytes of UTF-8, but a frame has room for {FrameFormat.FieldLength}.", nameof(type));
        // Readers trim: what would arrive is what counts.
        if (FrameKinds.Of(FrameFormat.Trim(utf8)) is FrameKind.Ping or FrameKind.Hello or FrameKind.Welcome or FrameKind.Close)
        {
            throw new ArgumentException($"The type '{type}' belongs to the protocol; choose another, for instance 'message'.", nameof(type));
        }

        return new OutboundFrame(utf8, content.ToArray());
    }
}
