using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Draining;

/// <summary>
/// One drain: it closes the connections that were open when it began, evenly over a time. Each client that understands <c>close</c> gets its own
/// reconnect slot, so that clients closed together do not reconnect together.
/// </summary>
internal sealed class DrainRun(EngineContext context, ConnectionTable table, TimeSpan duration, string? startedBy) : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>The distance of two slots: a fleet reconnects at a thousand clients a second, which one processor handles with ease.</summary>
    private static readonly TimeSpan SlotLength = TimeSpan.FromMilliseconds(1);

    private readonly CancellationTokenSource _cutting = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DateTimeOffset _startedAt = context.TimeProvider.GetUtcNow();
    private int _slots;

    /// <summary>Open connections when it began.</summary>
    public int Connections { get; } = table.Count;

    public TimeSpan Duration => duration;

    /// <summary>Cancelled by <see cref="Cut"/>.</summary>
    public CancellationToken CutToken => _cutting.Token;

    /// <summary>Completes after <see cref="End"/>: it closes no further connection.</summary>
    public Task Ended => _ended.Task;

    /// <summary>How far it is. Read from the table, so that the numbers agree with those of the gateway.</summary>
    public DrainStatus Status
    {
        get
        {
            var remaining = table.Count;
            return new DrainStatus(
                remaining == 0 ? DrainState.Drained : DrainState.Draining, _startedAt, startedBy, duration, Connections, Math.Max(0, Connections - remaining), remaining);
        }
    }

    /// <summary>Closes connections as <c>draining</c> until all had their turn, none is open, or it is cut short.</summary>
    public async Task SpreadAsync()
    {
        var connections = table.All().Where(c => !c.HasEnded).ToList();
        var began = context.Now;
        try
        {
            for (var closed = 0; closed < connections.Count && table.Count > 0;)
            {
                await Task.Delay(Step, context.TimeProvider, _cutting.Token);
                // By the clock and not by the number of steps, each of which takes a little longer than planned.
                var share = duration == TimeSpan.Zero ? 1 : Math.Min(1, context.TimeProvider.GetElapsedTime(began) / duration);
                for (var upTo = (int)(connections.Count * share); closed < upTo && !_cutting.IsCancellationRequested; closed++) Close(connections[closed], CloseReason.Draining);
            }
        }
        catch (OperationCanceledException)
        {
            // Cut short: the caller decides about the rest.
        }
    }

    /// <summary>Closes a connection with the next reconnect slot. Called by one thread at a time.</summary>
    public void Close(GatewayConnection connection, CloseReason reason)
    {
        if (connection.HasEnded) return;
        var slot = connection.Session is { AcceptsClose: true } ? SlotLength * _slots++ : TimeSpan.Zero;
        connection.Close(new CloseRequest(reason) { Retry = true, After = slot });
    }

    /// <summary>Ends the spreading. It may still close one connection; <see cref="Ended"/> says when that is over.</summary>
    public void Cut() => _cutting.Cancel();

    /// <summary>It closes nothing any more.</summary>
    public void End() => _ended.TrySetResult();

    public void Dispose() => _cutting.Dispose();
}
