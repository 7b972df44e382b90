using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Webhook;

/// <summary>Delivers the batches of one lane, one at a time: requests, repeats, splits, and gives up what is too old.</summary>
internal sealed class WebhookDelivery(
    WebhookSettingsStore store,
    WebhookRequests requests,
    WebhookBatches batches,
    WebhookStop stop,
    WebhookGiveUp giveUp,
    WebhookReport report,
    WebhookEnding ending,
    TimeProvider timeProvider)
{
    /// <summary>How soon at the latest a lane that pauses sees new settings.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    /// <summary>The grain of expiry: events that expire within it go to the dead-letter file in one flush. Also how often a stopped webhook looks for another URL.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromSeconds(1);

    private int _failures;
    private long _failedAt;
    private TimeSpan _backoff;
    private Uri? _failedUrl;
    private bool _isEnding;

    /// <summary>Completes when each event is delivered, rejected or given up.</summary>
    public async Task DeliverAsync(WebhookBatch batch)
    {
        // The parts of a split batch, the first one on top.
        var parts = new Stack<WebhookBatch>([batch]);
        while (parts.TryPop(out var part))
        {
            if (ending.Deadline.IsCancellationRequested) await giveUp.GiveUpAsync(part.Events, SinkDropCause.Stopped);
            else if (await WithoutExpiredAsync(part) is { } rest) await ContinueAsync(rest, parts);
        }
    }

    private async Task ContinueAsync(WebhookBatch batch, Stack<WebhookBatch> parts)
    {
        var settings = store.Current;
        var isStopped = stop.IsStopped(settings);
        if (isStopped && ending.Began.IsCancellationRequested)
        {
            await giveUp.GiveUpAsync(batch.Events, SinkDropCause.Stopped);
            return;
        }

        // The pause is for the receiver that failed, not for the one that has replaced it.
        if (_failedUrl != settings.Url) _failures = 0;
        if ((isStopped ? Grain : Remaining()) is var wait && wait > TimeSpan.Zero)
        {
            parts.Push(batch);
            await WaitAsync(wait, batch, settings);
            return;
        }

        Settle(batch, await TryAsync(settings, batch), settings, parts);
    }

    /// <summary>One request. Its events are in flight meanwhile.</summary>
    private async Task<WebhookAnswer> TryAsync(WebhookSettings settings, WebhookBatch batch)
    {
        foreach (var e in batch.Events) e.Start();
        try
        {
            return await requests.SendAsync(settings, batch, ending.Deadline);
        }
        catch (OperationCanceledException)
        {
            return new WebhookAnswer(WebhookVerdict.Retried, "cancelled");
        }
        catch (Exception e)
        {
            // The lane must go on, and the events must not stay in flight.
            report.Failed(settings.ShownUrl, e.GetType().Name, e);
            return new WebhookAnswer(WebhookVerdict.Retried, e.GetType().Name);
        }
        finally
        {
            batch.Attempts++;
        }
    }

    private void Settle(WebhookBatch batch, WebhookAnswer answer, WebhookSettings settings, Stack<WebhookBatch> parts)
    {
        switch (answer.Verdict)
        {
            case WebhookVerdict.Accepted:
                _failures = 0;
                report.Accepted(settings.ShownUrl);
                foreach (var e in batch.Events) e.Deliver();
                break;
            case WebhookVerdict.Rejected:
            case WebhookVerdict.TooLarge when batch.Events.Count == 1:
                _failures = 0;
                report.Rejected(answer.Cause, batch.Events.Count);
                foreach (var e in batch.Events) e.Reject();
                break;
            case WebhookVerdict.TooLarge:
                foreach (var e in batch.Events) e.Retry();
                Split(batch, parts);
                break;
            case WebhookVerdict.Gone:
                foreach (var e in batch.Events) e.Retry();
                stop.Gone(settings);
                parts.Push(batch);
                break;
            case WebhookVerdict.Retried:
                foreach (var e in batch.Events) e.Retry();
                if (!ending.Deadline.IsCancellationRequested) report.Failed(settings.ShownUrl, answer.Cause);
                BackOff(answer.RetryAfter, settings.Url);
                parts.Push(batch);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(answer), answer.Verdict, "This verdict has no rule.");
        }
    }

    private void Split(WebhookBatch batch, Stack<WebhookBatch> parts)
    {
        var half = batch.Events.Count / 2;
        foreach (var events in new[] { batch.Events.Skip(half), batch.Events.Take(half) })
        {
            if (batches.Part([.. events], batch.Attempts) is { } part) parts.Push(part);
        }
    }

    private void BackOff(TimeSpan? retryAfter, Uri? url)
    {
        _failures++;
        _failedUrl = url;
        _failedAt = timeProvider.GetTimestamp();
        _backoff = WebhookBackoff.After(_failures, retryAfter, Random.Shared.NextDouble(), ending.Began.IsCancellationRequested);
    }

    /// <summary>The rest of the backoff. When the process begins to stop, one request is made at once.</summary>
    private TimeSpan Remaining()
    {
        if (_failures == 0) return TimeSpan.Zero;
        if (ending.Began.IsCancellationRequested && !_isEnding)
        {
            _isEnding = true;
            return TimeSpan.Zero;
        }

        return _backoff - timeProvider.GetElapsedTime(_failedAt);
    }

    private async Task<WebhookBatch?> WithoutExpiredAsync(WebhookBatch batch)
    {
        var maxAge = store.Current.Options.MaxAge;
        var isExpired = batch.Events.ToLookup(e => timeProvider.GetElapsedTime(e.TakenAt) >= maxAge);
        if (!isExpired.Contains(true)) return batch;
        await giveUp.GiveUpAsync([.. isExpired[true]], SinkDropCause.Expired);
        return isExpired.Contains(false) ? batches.Part([.. isExpired[false]], batch.Attempts) : null;
    }

    private async Task WaitAsync(TimeSpan wait, WebhookBatch batch, WebhookSettings settings)
    {
        var untilExpiry = settings.Options.MaxAge - timeProvider.GetElapsedTime(batch.Events[0].TakenAt);
        if (untilExpiry < Grain) untilExpiry = Grain;
        if (wait > MaxPause) wait = MaxPause;
        var end = ending.Began.IsCancellationRequested ? ending.Deadline : ending.Began;
        // Whole milliseconds, rounded up: a delay of a fraction ends at once, and the loop would spin until the clock has moved.
        var delay = TimeSpan.FromMilliseconds(Math.Ceiling((wait < untilExpiry ? wait : untilExpiry).TotalMilliseconds));
        await Task.Delay(delay, timeProvider, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
