namespace HeartbeatGateway.Server.Context;

/// <summary>Whether the gateway has begun to close its connections. Set once.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private int _isSet;

    public bool IsSet => Volatile.Read(ref _isSet) != 0;

    /// <summary>Cancelled when the signal is set.</summary>
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
