namespace HeartbeatGateway.Client.Queues;

/// <summary>A caller that waits for room. Its continuation never runs under the queue's lock or on a connection's loops.</summary>
internal sealed class SendWaiter(OutgoingFrame frame) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public OutgoingFrame Frame { get; } = frame;

    /// <summary>Its node in the list of waiters; null after its removal.</summary>
    public LinkedListNode<SendWaiter>? Node { get; set; }
}
