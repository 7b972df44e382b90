namespace HeartbeatGateway.Server.Messages;

/// <summary>Tells the gateway what became of one message. The first verdict counts. Thread-safe.</summary>
public sealed class MessageReceipt
{
    private readonly Action<MessageVerdict>? _settled;
    private readonly IReceiptKeeper? _keeper;
    private int _isSettled;

    internal MessageReceipt(Action<MessageVerdict>? settled, IReceiptKeeper? keeper = null) => (_settled, _keeper) = (settled, keeper);

    /// <summary>Its place among the messages that wait, for the one that counts it.</summary>
    internal LinkedListNode<DateTimeOffset>? Place { get; set; }

    /// <summary>Its verdict is in the counts. Written and read under the lock of the one that counts it.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>The sink has decided. A client that numbers its messages gets its acknowledgement from this.</summary>
    /// <param name="verdict">The verdict.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no verdict.</exception>
    public void Settle(MessageVerdict verdict)
    {
        if (!Enum.IsDefined(verdict)) throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "A verdict is Accepted, Rejected or Dropped.");
        if (Interlocked.Exchange(ref _isSettled, 1) != 0) return;
        _keeper?.Settled(this, verdict);
        _settled?.Invoke(verdict);
    }
}
