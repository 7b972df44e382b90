using System.Net;
using System.Net.Http.Headers;
using HeartbeatGateway.Webhook;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>What follows from an answer, and how long a lane waits after a failure.</summary>
public sealed class WebhookBackoffTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(200, nameof(WebhookVerdict.Accepted))]
    [InlineData(299, nameof(WebhookVerdict.Accepted))]
    [InlineData(301, nameof(WebhookVerdict.Retried))]
    [InlineData(308, nameof(WebhookVerdict.Retried))]
    [InlineData(400, nameof(WebhookVerdict.Rejected))]
    [InlineData(401, nameof(WebhookVerdict.Rejected))]
    [InlineData(408, nameof(WebhookVerdict.Retried))]
    [InlineData(410, nameof(WebhookVerdict.Gone))]
    [InlineData(413, nameof(WebhookVerdict.TooLarge))]
    [InlineData(425, nameof(WebhookVerdict.Retried))]
    [InlineData(429, nameof(WebhookVerdict.Retried))]
    [InlineData(499, nameof(WebhookVerdict.Rejected))]
    [InlineData(500, nameof(WebhookVerdict.Retried))]
    [InlineData(599, nameof(WebhookVerdict.Retried))]
    public void Each_status_has_a_verdict(int status, string verdict) => Assert.Equal(verdict, $"{WebhookAnswer.Of((HttpStatusCode)status, null, Now).Verdict}");

    [Fact]
    public void Pauses_double_up_to_a_cap_and_are_jittered_after_it()
    {
        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30], Enumerable.Range(1, 8).Select(n => WebhookBackoff.After(n, null, random: 1, isStopping: false).TotalSeconds));
        Assert.Equal(15, WebhookBackoff.After(1000, null, random: 0, isStopping: false).TotalSeconds);
        Assert.Equal(1, WebhookBackoff.After(1000, TimeSpan.FromHours(1), random: 1, isStopping: true).TotalSeconds);
    }

    [Fact]
    public void What_the_receiver_asks_for_is_followed_within_a_bound()
    {
        var seconds = WebhookAnswer.Of(HttpStatusCode.TooManyRequests, new RetryConditionHeaderValue(TimeSpan.FromSeconds(90)), Now).RetryAfter;
        Assert.Equal(90, WebhookBackoff.After(1, seconds, random: 0, isStopping: false).TotalSeconds);
        var date = WebhookAnswer.Of(HttpStatusCode.ServiceUnavailable, new RetryConditionHeaderValue(Now.AddMinutes(2)), Now).RetryAfter;
        Assert.Equal(120, WebhookBackoff.After(1, date, random: 0, isStopping: false).TotalSeconds);
        Assert.Equal(TimeSpan.Zero, WebhookAnswer.Of(HttpStatusCode.ServiceUnavailable, new RetryConditionHeaderValue(Now.AddDays(-1)), Now).RetryAfter);
        Assert.Equal(300, WebhookBackoff.After(1, TimeSpan.FromDays(1), random: 0, isStopping: false).TotalSeconds);
    }
}
