using System.Diagnostics;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// Makes a span the current one of this thread until the scope ends: loggers give its ids to their lines. For calls that do not wait, so that no task takes
/// the span with it.
/// </summary>
internal readonly ref struct SpanScope
{
    private readonly Activity? _before;
    private readonly bool _isEntered;

    /// <param name="activity">The span; null for a scope without effect.</param>
    /// <param name="isRoot">True to leave the thread's current span without entering another one.</param>
    public SpanScope(Activity? activity, bool isRoot = false)
    {
        if (!isRoot && activity is not { IsStopped: false }) return;
        _before = Activity.Current;
        _isEntered = true;
        Activity.Current = activity;
    }

    public void Dispose()
    {
        if (_isEntered && !ReferenceEquals(Activity.Current, _before)) Activity.Current = _before is { IsStopped: true } ? null : _before;
    }
}
