using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>A message in an <see cref="Outbox"/>.</summary>
/// <param name="delivery">Where its result is told.</param>
/// <param name="type">The type, in bytes.</param>
/// <param name="content">The content. It must not change.</param>
/// <param name="deadline">Timestamp at which it expires.</param>
internal sealed class OutgoingMessage(MessageDelivery delivery, ReadOnlyMemory<byte> type, ReadOnlyMemory<byte> content, long deadline)
{
    /// <summary>What each message counts in addition to its type and content: about the memory of its objects and of an outbox with one message.</summary>
    public const int Overhead = 512;

    public MessageDelivery Delivery => delivery;

    /// <summary>The epoch of the node that is told the result; null for this node itself, empty when no node waits for it.</summary>
    public string? Origin { get; init; }

    public ReadOnlyMemory<byte> Type => type;

    public ReadOnlyMemory<byte> Content => content;

    public long Deadline => deadline;

    /// <summary>Its number; 0 until it is first sent. Written under the outbox' lock.</summary>
    public long Number { get; set; }

    /// <summary>What it counts in the bounds of held bytes.</summary>
    public int Bytes => Overhead + type.Length + content.Length;

    /// <summary>The length of its frame.</summary>
    public int FrameBytes => FrameFormat.HeaderLength + content.Length;
}
