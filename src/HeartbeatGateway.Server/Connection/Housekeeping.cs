using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Connection;

/// <summary>Periodic work: reports suppressed log lines, and collects garbage after a burst of connections.</summary>
internal sealed class Housekeeping(EngineContext context, ConnectionTable table, ConnectionLifecycle lifecycle) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly PostBurstGc _gc = PostBurstGc.OfProcess();
    private ITimer? _timer;

    public void Start() => _timer ??= context.TimeProvider.CreateTimer(static state => ((Housekeeping)state!).Run(), this, Interval, Interval);

    /// <summary>Logs how many lines about peers were suppressed, one line for each kind.</summary>
    public void ReportSuppressedLines()
    {
        foreach (var (kind, lines) in context.PeerLines.TakeSuppressed()) context.Logger.LogLinesSuppressed(lines.Count, MetricLabels.Of(kind), lines.Addresses);
    }

    public void Dispose() => _timer?.Dispose();

    private void Run()
    {
        ReportSuppressedLines();
        var (closed, open) = (lifecycle.ClosedCount, table.Count);
        _gc.NoteOpened(closed + open, open);
        _gc.Note(closed, open);
    }
}
