namespace HeartbeatGateway.Server.Messages;

/// <summary>Counts what became of deferred messages.</summary>
internal interface IReceiptKeeper
{
    /// <summary>The first verdict on a deferred message.</summary>
    void Settled(MessageReceipt receipt, MessageVerdict verdict);
}
