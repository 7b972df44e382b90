using System.Text;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Queues;

/// <summary>Checks what the application wants to send.</summary>
internal static class OutgoingFrames
{
    /// <exception cref="ArgumentException">The type is reserved or too long, or the frame is larger than the whole queue.</exception>
    public static OutgoingFrame Create(string type, ReadOnlyMemory<byte> content, GatewayClientOptions options, SendLimit limit)
    {
        ArgumentNullException.ThrowIfNull(type);
        var typeBytes = Encoding.UTF8.GetBytes(type);
        if (typeBytes.Length > FrameFormat.FieldLength)
        {
            throw new ArgumentException($"The type has {typeBytes.Length} bytes of UTF-8; the maximum is {FrameFormat.FieldLength}.", nameof(type));
        }

        if (IsReserved(FrameKinds.Of(FrameFormat.Trim(typeBytes)), options))
        {
            throw new ArgumentException($"The type '{type}' is reserved by the protocol; the client sends such frames itself.", nameof(type));
        }

        if (FrameFormat.HeaderLength + (long)content.Length > options.SendQueueBytes)
        {
            throw new ArgumentException(
                $"A frame with {content.Length} bytes of content is larger than the whole send queue, SendQueueBytes = {options.SendQueueBytes}.",
                nameof(content));
        }

        limit.Check(content.Length, nameof(content));
        return new OutgoingFrame(typeBytes, content.ToArray());
    }

    private static bool IsReserved(FrameKind kind, GatewayClientOptions options) =>
        kind is FrameKind.Ping or FrameKind.Hello or FrameKind.Welcome or FrameKind.Close || (kind == FrameKind.Ack && options.Acknowledgements);
}
