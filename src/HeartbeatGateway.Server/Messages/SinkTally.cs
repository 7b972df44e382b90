namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// The verdicts of the required sinks on one message, as one: dropped as soon as a sink has dropped it; otherwise, when all have decided, rejected when one has
/// rejected it, else accepted. Thread-safe.
/// </summary>
/// <param name="sinks">How many sinks decide.</param>
/// <param name="receipt">Gets the verdict; null when its client waits for none.</param>
internal sealed class SinkTally(int sinks, MessageReceipt? receipt)
{
    private int _undecided = sinks;
    private int _rejections;

    /// <summary>The verdict of one sink. Each sink has one.</summary>
    public void Settle(MessageVerdict verdict)
    {
        if (verdict == MessageVerdict.Dropped) receipt?.Settle(MessageVerdict.Dropped);
        else if (verdict == MessageVerdict.Rejected) Interlocked.Increment(ref _rejections);
        if (Interlocked.Decrement(ref _undecided) > 0) return;
        // A receipt that was settled as dropped stays so.
        receipt?.Settle(Volatile.Read(ref _rejections) > 0 ? MessageVerdict.Rejected : MessageVerdict.Accepted);
    }
}
