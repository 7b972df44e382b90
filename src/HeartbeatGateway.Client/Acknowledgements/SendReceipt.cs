namespace HeartbeatGateway.Client.Acknowledgements;

/// <summary>
/// Tells the caller of <see cref="GatewayClient.SendAcknowledgedAsync"/> what became of its message: the number, or an exception. The caller's continuation
/// never runs under a lock or on a connection's loops.
/// </summary>
internal sealed class SendReceipt() : TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>Fails the task. Its exception counts as observed, because a caller may have cancelled its wait.</summary>
    public void Fail(Exception exception)
    {
        if (TrySetException(exception)) _ = Task.Exception;
    }
}
