using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Webhook;

/// <summary>
/// The log lines of all lanes, each kind at most once a second. No line has content, a secret or the query of the URL. Thread-safe.
/// </summary>
internal sealed class WebhookReport(TimeProvider timeProvider, ILogger<WebhookReport> logger)
{
    private readonly Lock _lock = new();
    private readonly LogThrottle _failures = new(timeProvider, burst: 1, perSecond: 1);
    private readonly LogThrottle _rejections = new(timeProvider, burst: 1, perSecond: 1);
    private readonly LogThrottle _losses = new(timeProvider, burst: 1, perSecond: 1);
    private readonly LogThrottle _fileFaults = new(timeProvider, burst: 1, perSecond: 1);
    private long? _failingSince;
    private bool _failureLogged;
    private long _rejected;
    private long _expired;

    /// <summary>A request failed and is made again. The first one since the last success is logged.</summary>
    public void Failed(string url, string cause, Exception? exception = null)
    {
        lock (_lock)
        {
            _failingSince ??= timeProvider.GetTimestamp();
            if (exception is null && (_failureLogged || !_failures.Allows())) return;
            _failureLogged = true;
        }

        logger.WebhookFailing(exception, url, cause);
    }

    /// <summary>A request was accepted.</summary>
    public void Accepted(string url)
    {
        TimeSpan failed;
        lock (_lock)
        {
            if (_failingSince is not { } since) return;
            failed = timeProvider.GetElapsedTime(since);
            _failingSince = null;
            if (!_failureLogged) return;
            _failureLogged = false;
        }

        logger.WebhookRecovered(url, failed.TotalSeconds);
    }

    /// <summary>Events were rejected.</summary>
    public void Rejected(string cause, int events)
    {
        long count;
        lock (_lock)
        {
            _rejected += events;
            if (!_rejections.Allows()) return;
            (count, _rejected) = (_rejected, 0);
        }

        logger.WebhookRejected(count, cause);
    }

    /// <summary>Events were given up by the webhook, with or without a dead-letter file that has them.</summary>
    public void GaveUp(string cause, int events, string kept)
    {
        long count;
        lock (_lock)
        {
            _expired += events;
            if (!_losses.Allows()) return;
            (count, _expired) = (_expired, 0);
        }

        logger.WebhookGaveUp(count, cause, kept);
    }

    /// <summary>The dead-letter file could not be written.</summary>
    public void DeadLettersNotWritten(string file, string error)
    {
        if (_fileFaults.Allows()) logger.DeadLettersNotWritten(file, error);
    }

    /// <summary>The receiver answered 410.</summary>
    public void Stopped(string url) => logger.WebhookStopped(url);
}
