using System.Collections.Concurrent;
using System.Diagnostics;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Telemetry;

/// <summary>Listens to the spans of one engine, as an exporter does.</summary>
internal sealed class SpanRecorder : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = new();

    public SpanRecorder(EngineHarness gateway, ActivitySamplingResult sampler = ActivitySamplingResult.AllDataAndRecorded)
    {
        var source = gateway.Engine.Spans.Source;
        _listener = new ActivityListener
        {
            // Other tests have engines of their own at the same time, whose sources have the same name.
            ShouldListenTo = candidate => ReferenceEquals(candidate, source),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => sampler,
            ActivityStopped = activity =>
            {
                if (activity.Recorded) _ended.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The spans that ended, and that an exporter would send.</summary>
    public IReadOnlyList<Activity> Ended => [.. _ended];

    public void Dispose() => _listener.Dispose();
}
