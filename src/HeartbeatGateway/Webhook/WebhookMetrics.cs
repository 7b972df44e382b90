using System.Diagnostics.Metrics;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Webhook;

/// <summary>What the service counts of the webhook, beside the books of its sink. All series exist from the start; without a webhook they stay 0.</summary>
internal sealed class WebhookMetrics
{
    private readonly Histogram<double> _duration;
    private long _accepted;
    private long _rejected;
    private long _retried;
    private long _deadLetters;
    private long _presenceDelivered;
    private long _presenceRejected;
    private long _presenceLost;
    private volatile bool _isStopped;

    public WebhookMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(ServiceMetrics.MeterName);
        meter.CreateObservableCounter(
            "heartbeatgateway.webhook.requests",
            () => new[] { Read("accepted", ref _accepted), Read("rejected", ref _rejected), Read("retried", ref _retried) },
            null,
            "Requests of the webhook that ended, by what followed.");
        meter.CreateObservableCounter("heartbeatgateway.webhook.dead_letters", () => Volatile.Read(ref _deadLetters), null, "Events written to the webhook's dead-letter file.");
        meter.CreateObservableCounter(
            "heartbeatgateway.webhook.presence_events",
            () => new[] { Read("delivered", ref _presenceDelivered), Read("rejected", ref _presenceRejected), Read("lost", ref _presenceLost) },
            null,
            "Presence events for the webhook, by what became of them.");
        meter.CreateObservableGauge("heartbeatgateway.webhook.stopped", () => _isStopped ? 1L : 0L, null, "1 after the answer 410, until the webhook has another URL.");
        _duration = meter.CreateHistogram(
            "heartbeatgateway.webhook.request.duration",
            "s",
            "How long requests of the webhook took, with failed ones.",
            null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
    }

    /// <summary>The receiver has answered 410: nothing is sent.</summary>
    public bool IsStopped
    {
        set => _isStopped = value;
    }

    /// <summary>A request ended. One whose batch is split is made again in parts.</summary>
    public void RequestEnded(WebhookVerdict verdict, TimeSpan duration, int events)
    {
        _duration.Record(duration.TotalSeconds);
        var isRejected = verdict == WebhookVerdict.Rejected || (verdict == WebhookVerdict.TooLarge && events == 1);
        if (verdict == WebhookVerdict.Accepted) Interlocked.Increment(ref _accepted);
        else if (isRejected) Interlocked.Increment(ref _rejected);
        else Interlocked.Increment(ref _retried);
    }

    public void DeadLettersWritten(int events) => Interlocked.Add(ref _deadLetters, events);

    /// <summary>The receiver or the dead-letter file has a presence event.</summary>
    public void PresenceDelivered() => Interlocked.Increment(ref _presenceDelivered);

    public void PresenceRejected() => Interlocked.Increment(ref _presenceRejected);

    public void PresenceLost(long events) => Interlocked.Add(ref _presenceLost, events);

    private static Measurement<long> Read(string outcome, ref long counter) => new(Volatile.Read(ref counter), new KeyValuePair<string, object?>("outcome", outcome));
}
