using HeartbeatGateway.Client.Queues;

namespace HeartbeatGateway.Client.Acknowledgements;

/// <summary>A message that was sent with a number and is kept until the gateway acknowledges it.</summary>
/// <param name="number">Its number, the same on every connection.</param>
/// <param name="frame">What is sent again.</param>
/// <param name="firstSentAt">The timestamp of its first write.</param>
internal sealed class UnacknowledgedMessage(long number, in OutgoingFrame frame, long firstSentAt)
{
    public long Number { get; } = number;

    public OutgoingFrame Frame { get; } = frame;

    public long FirstSentAt { get; } = firstSentAt;
}
