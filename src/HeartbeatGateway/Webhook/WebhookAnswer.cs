using System.Net;
using System.Net.Http.Headers;

namespace HeartbeatGateway.Webhook;

/// <summary>What a request led to.</summary>
/// <param name="Verdict">What follows from it.</param>
/// <param name="Cause">For log lines: a status, or the kind of a failure. Contains nothing that the receiver sent.</param>
/// <param name="RetryAfter">When the receiver wants the next request; null when it did not say.</param>
internal sealed record WebhookAnswer(WebhookVerdict Verdict, string Cause, TimeSpan? RetryAfter = null)
{
    /// <param name="status">The status of the answer.</param>
    /// <param name="retryAfter">The header <c>Retry-After</c>.</param>
    /// <param name="now">The time, for a date in that header.</param>
    public static WebhookAnswer Of(HttpStatusCode status, RetryConditionHeaderValue? retryAfter, DateTimeOffset now)
    {
        var verdict = VerdictOf((int)status);
        var text = (int)status is >= 300 and < 400 ? $"status {(int)status}, and redirects are not followed" : $"status {(int)status}";
        return new WebhookAnswer(verdict, text, verdict == WebhookVerdict.Retried ? DelayOf(retryAfter, now) : null);
    }

    private static WebhookVerdict VerdictOf(int status) => status switch
    {
        >= 200 and < 300 => WebhookVerdict.Accepted,
        (int)HttpStatusCode.RequestTimeout or 425 or (int)HttpStatusCode.TooManyRequests => WebhookVerdict.Retried,
        (int)HttpStatusCode.Gone => WebhookVerdict.Gone,
        (int)HttpStatusCode.RequestEntityTooLarge => WebhookVerdict.TooLarge,
        >= 400 and < 500 => WebhookVerdict.Rejected,
        // 5xx; also 3xx, which is a mistake of the operator that a later attempt may find corrected.
        _ => WebhookVerdict.Retried,
    };

    private static TimeSpan? DelayOf(RetryConditionHeaderValue? header, DateTimeOffset now)
    {
        var delay = header?.Delta ?? header?.Date - now;
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }
}

/// <summary>What follows from the result of a request.</summary>
internal enum WebhookVerdict
{
    /// <summary>The receiver has the events.</summary>
    Accepted,

    /// <summary>The receiver refused the events for good.</summary>
    Rejected,

    /// <summary>The request is made again later.</summary>
    Retried,

    /// <summary>The batch is split; an event that is too large alone is rejected.</summary>
    TooLarge,

    /// <summary>The receiver exists no longer: the webhook stops.</summary>
    Gone,
}
