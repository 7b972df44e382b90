namespace HeartbeatGateway.Client.Queues;

/// <summary>A caller that waits for room. Its continuation never runs under the queue's lock or on the connection's loops.</summary>
internal sealed class SendWaiter(OutgoingFrame frame) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public OutgoingFrame Frame { get; } = frame;

    /// <summary>Its place in the line; null when it stands there no more.</summary>
    public LinkedListNode<SendWaiter>? Node { get; set; }
}
