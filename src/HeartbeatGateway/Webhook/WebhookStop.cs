namespace HeartbeatGateway.Webhook;

/// <summary>Remembers that a receiver answered 410: nothing more is sent to its URL. Another URL starts the webhook again. Thread-safe.</summary>
internal sealed class WebhookStop(WebhookReport report, WebhookMetrics metrics)
{
    private string? _goneUrl;

    /// <summary>True while nothing is sent.</summary>
    public bool IsStopped(WebhookSettings settings)
    {
        if (settings.Url is null) return true;
        var isGone = settings.Url.AbsoluteUri == Volatile.Read(ref _goneUrl);
        metrics.IsStopped = isGone;
        return isGone;
    }

    /// <summary>The receiver answered 410.</summary>
    public void Gone(WebhookSettings settings)
    {
        var url = settings.Url!.AbsoluteUri;
        if (Interlocked.Exchange(ref _goneUrl, url) != url) report.Stopped(settings.ShownUrl);
    }
}
