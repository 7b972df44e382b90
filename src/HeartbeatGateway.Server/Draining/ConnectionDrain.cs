using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Timeouts;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Draining;

/// <summary>
/// Closes all connections when the gateway stops: evenly over the drain time as <c>draining</c>, the rest as <c>shutdown</c>. Each client that
/// understands <c>close</c> gets its own reconnect slot, so that clients closed together do not reconnect together.
/// </summary>
internal sealed class ConnectionDrain(EngineContext context, ConnectionTable table, Housekeeping housekeeping)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>The distance of two slots: a fleet reconnects at a thousand clients a second, which one processor handles with ease.</summary>
    private static readonly TimeSpan SlotLength = TimeSpan.FromMilliseconds(1);

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _slots;
    private volatile bool _isCutShort;

    public async Task RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        if (!context.Stopping.TrySet())
        {
            // A drain is in progress and keeps its duration; this call can only cut it short.
            using var cutting = cancellationToken.UnsafeRegister(static state => ((ConnectionDrain)state!)._isCutShort = true, this);
            await _done.Task;
            return;
        }

        try
        {
            await DrainAsync(duration, cancellationToken);
        }
        finally
        {
            _done.TrySetResult();
        }
    }

    private async Task DrainAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        context.Logger.EngineStopping(table.Count, duration.TotalSeconds);
        await SpreadAsync(duration, cancellationToken);
        foreach (var connection in table.All()) Close(connection, CloseReason.Shutdown);
        try
        {
            await table.WhenEmptyAsync().WaitAsync((2 * ConnectionTimeouts.CloseGrace) + TimeSpan.FromSeconds(1), context.TimeProvider, CancellationToken.None);
            housekeeping.ReportSuppressedLines();
            context.Logger.EngineStopped();
        }
        catch (TimeoutException)
        {
            context.Logger.ConnectionsAborted(table.Count);
            foreach (var connection in table.All()) connection.Transport.Abort(new ConnectionAbortedException("The gateway stops and the connection did not close in time."));
        }
    }

    private async Task SpreadAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var connections = duration == TimeSpan.Zero ? [] : table.All().ToList();
        var began = context.Now;
        try
        {
            for (var closed = 0; closed < connections.Count && table.Count > 0 && !_isCutShort;)
            {
                await Task.Delay(Step, context.TimeProvider, cancellationToken);
                // By the clock and not by the number of steps, each of which takes a little longer than planned.
                var share = Math.Min(1, context.TimeProvider.GetElapsedTime(began) / duration);
                for (var upTo = (int)(connections.Count * share); closed < upTo; closed++) Close(connections[closed], CloseReason.Draining);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops waiting: the caller closes the rest at once.
        }
    }

    private void Close(GatewayConnection connection, CloseReason reason)
    {
        if (connection.HasEnded) return;
        var slot = connection.Session is { AcceptsClose: true } ? SlotLength * _slots++ : TimeSpan.Zero;
        connection.Close(new CloseRequest(reason) { Retry = true, After = slot });
    }
}
