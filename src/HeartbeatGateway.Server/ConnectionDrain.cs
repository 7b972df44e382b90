using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server;

/// <summary>
/// Lets all clients go when the gateway stops: evenly over the drain time as <c>draining</c>, what is left as <c>shutdown</c>. Each
/// client that can be told gets a reconnect slot of its own, so that those who are ended at once do not come back at once.
/// </summary>
internal sealed class ConnectionDrain(GatewayEngine engine) : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>Two slots lie so far apart: a fleet is back at a thousand clients a second, which one processor takes with ease.</summary>
    private static readonly TimeSpan SlotLength = TimeSpan.FromMilliseconds(1);

    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _beginning = new();
    private int _begun;
    private int _slots;
    private volatile bool _isHurried;

    public bool HasBegun => Volatile.Read(ref _begun) != 0;

    /// <summary>Cancelled when it begins.</summary>
    public CancellationToken Begun => _beginning.Token;

    public async Task RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0)
        {
            // Somebody drains already, whose clients keep their time; this caller can only cut it short.
            using var hurry = cancellationToken.UnsafeRegister(static state => ((ConnectionDrain)state!)._isHurried = true, this);
            await _done.Task;
            return;
        }

        try
        {
            await _beginning.CancelAsync();
            await DrainAsync(duration, cancellationToken);
        }
        finally
        {
            _done.TrySetResult();
        }
    }

    public void Dispose() => _beginning.Dispose();

    /// <summary>A connection is off the books.</summary>
    public void ConnectionLeft()
    {
        if (HasBegun && engine.Table.Count == 0) _empty.TrySetResult();
    }

    private async Task DrainAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        engine.Logger.EngineStopping(engine.Table.Count, duration.TotalSeconds);
        await SpreadAsync(duration, cancellationToken);
        foreach (var connection in engine.Table.All()) End(connection, CloseReason.Shutdown);
        ConnectionLeft();
        try
        {
            await _empty.Task.WaitAsync((2 * ConnectionShutdown.Grace) + TimeSpan.FromSeconds(1), engine.TimeProvider, CancellationToken.None);
            engine.TellSuppressedLines();
            engine.Logger.EngineStopped();
        }
        catch (TimeoutException)
        {
            engine.Logger.ConnectionsAborted(engine.Table.Count);
            foreach (var connection in engine.Table.All()) connection.Transport.Abort();
        }
    }

    private async Task SpreadAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var connections = duration == TimeSpan.Zero ? [] : engine.Table.All().ToList();
        var began = engine.Now;
        try
        {
            for (var ended = 0; ended < connections.Count && engine.Table.Count > 0 && !_isHurried;)
            {
                await Task.Delay(Step, engine.TimeProvider, cancellationToken);
                // By the clock and not by the number of steps, each of which takes a little longer than it should.
                var share = Math.Min(1, engine.TimeProvider.GetElapsedTime(began) / duration);
                for (var upTo = (int)(connections.Count * share); ended < upTo; ended++) End(connections[ended], CloseReason.Draining);
            }
        }
        catch (OperationCanceledException)
        {
            // The host is in a hurry: the caller ends the rest at once.
        }
    }

    private void End(GatewayConnection connection, CloseReason reason)
    {
        if (connection.HasEnded) return;
        var slot = connection.Session is { AcceptsClose: true } ? SlotLength * _slots++ : TimeSpan.Zero;
        connection.End(reason, CloseFrameFactory.For(connection, reason, engine.TimeProvider.GetUtcNow(), retry: true, slot));
    }
}
