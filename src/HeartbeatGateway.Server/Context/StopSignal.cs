namespace HeartbeatGateway.Server.Context;

/// <summary>Whether the gateway closes its connections: to stop, which is set once, or for an operator's drain, which can be cancelled.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private int _isSet;
    private int _isDraining;

    public bool IsSet => Volatile.Read(ref _isSet) != 0;

    /// <summary>
    /// True during an operator's drain: new connections are refused. Setting it is a full barrier, so that connections that are listed afterwards, and those
    /// that read it after they have entered the list, are all connections.
    /// </summary>
    public bool IsDraining
    {
        get => Volatile.Read(ref _isDraining) != 0;
        set => Interlocked.Exchange(ref _isDraining, value ? 1 : 0);
    }

    /// <summary>Cancelled when the gateway begins to stop.</summary>
    public CancellationToken Token => _source.Token;

    /// <returns>False when the signal was set before.</returns>
    public bool TrySet()
    {
        if (Interlocked.Exchange(ref _isSet, 1) != 0) return false;
        _source.Cancel();
        return true;
    }

    public void Dispose() => _source.Dispose();
}
