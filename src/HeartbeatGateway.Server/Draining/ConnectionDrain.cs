using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Timeouts;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Draining;

/// <summary>
/// Closes all connections: for an operator, who can cancel it, and when the gateway stops. There is one drain at a time; a stop takes an operator's over.
/// </summary>
internal sealed class ConnectionDrain(EngineContext context, ConnectionTable table, Housekeeping housekeeping) : IDisposable
{
    private readonly Lock _lock = new();
    private DrainRun? _operator;
    private DrainRun? _stop;

    public DrainStatus Status
    {
        get
        {
            lock (_lock)
            {
                if ((_stop ?? _operator) is { } run) return run.Status;
            }

            var open = table.Count;
            return new DrainStatus(DrainState.None, Connections: open, Remaining: open);
        }
    }

    /// <summary>Begins an operator's drain: from now on new connections are refused, and the open ones are closed over a time.</summary>
    public DrainChange Start(TimeSpan duration, string? startedBy)
    {
        DrainRun run;
        lock (_lock)
        {
            if (_stop is not null) return DrainChange.Stopping;
            if (_operator is not null) return DrainChange.AlreadyDraining;
            // Before the connections are listed: one that opens now is in the list, or finds the mark and is closed (ConnectionLifecycle.Open).
            context.Stopping.IsDraining = true;
            _operator = run = new DrainRun(context, table, duration, startedBy);
        }

        context.Logger.DrainStarted(run.Connections, duration.TotalSeconds);
        _ = RunAsync(run);
        return DrainChange.Done;
    }

    /// <summary>Ends an operator's drain. When it completes, the drain closes no further connection.</summary>
    public async Task<DrainChange> CancelAsync()
    {
        DrainRun run;
        lock (_lock)
        {
            if (_stop is not null) return DrainChange.Stopping;
            if (_operator is not { } current) return DrainChange.NotDraining;
            (run, _operator) = (current, null);
            context.Stopping.IsDraining = false;
        }

        var status = run.Status;
        await EndAsync(run);
        context.Logger.DrainEnded("cancelled", status.Closed, status.Connections);
        return DrainChange.Done;
    }

    /// <summary>Closes all connections to stop: over the time as <c>draining</c>, the rest as <c>shutdown</c>. A second call waits, and can cut the first short.</summary>
    public async Task StopAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        DrainRun run;
        DrainRun? takenOver;
        bool isFirst;
        lock (_lock)
        {
            isFirst = _stop is null;
            run = _stop ??= new DrainRun(context, table, duration, startedBy: null);
            (takenOver, _operator) = (_operator, null);
        }

        using var cutting = cancellationToken.UnsafeRegister(static state => ((DrainRun)state!).Cut(), run);
        if (!isFirst)
        {
            // A stop is in progress and keeps its duration; this call can only cut it short.
            await run.Ended;
            return;
        }

        context.Stopping.TrySet();
        context.Stopping.IsDraining = false;
        try
        {
            if (takenOver is not null) await EndAsync(takenOver);
            await StopAsync(run);
        }
        finally
        {
            run.End();
        }
    }

    public void Dispose()
    {
        _operator?.Dispose();
        _stop?.Dispose();
    }

    private static async Task EndAsync(DrainRun run)
    {
        run.Cut();
        await run.Ended;
        run.Dispose();
    }

    private async Task RunAsync(DrainRun run)
    {
        try
        {
            await run.SpreadAsync();
            await table.WhenEmptyAsync().WaitAsync(run.CutToken);
            context.Logger.DrainEnded("complete", run.Connections, run.Connections);
        }
        catch (OperationCanceledException) when (run.CutToken.IsCancellationRequested)
        {
            // Cancelled by an operator, or taken over by the stop, which wait for the end.
        }
        finally
        {
            run.End();
        }
    }

    private async Task StopAsync(DrainRun run)
    {
        context.Logger.EngineStopping(table.Count, run.Duration.TotalSeconds);
        if (run.Duration > TimeSpan.Zero) await run.SpreadAsync();
        foreach (var connection in table.All()) run.Close(connection, CloseReason.Shutdown);
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
}
