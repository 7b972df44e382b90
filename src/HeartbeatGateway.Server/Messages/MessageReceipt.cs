namespace HeartbeatGateway.Server.Messages;

/// <summary>Tells the gateway what became of one message. The first verdict counts. Thread-safe.</summary>
public sealed class MessageReceipt
{
    private Action<MessageVerdict>? _settled;

    internal MessageReceipt(Action<MessageVerdict>? settled) => _settled = settled;

    /// <summary>The sink has decided. A client that numbers its messages gets its acknowledgement from this.</summary>
    /// <param name="verdict">The verdict.</param>
    public void Settle(MessageVerdict verdict) => Interlocked.Exchange(ref _settled, null)?.Invoke(verdict);
}
