using System.Globalization;
using System.Net;
using System.Net.Mime;
using System.Text;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>A request as a receiver gets it, with its events as the SDK of CloudEvents reads them.</summary>
internal sealed class ReceivedRequest(Func<string, string?> header, byte[] body)
{
    private readonly TaskCompletionSource<HttpResponseMessage> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id { get; } = header("webhook-id")!;

    public int Attempt { get; } = int.Parse(header("webhook-attempt")!, CultureInfo.InvariantCulture);

    public DateTimeOffset Timestamp { get; } = DateTimeOffset.FromUnixTimeSeconds(long.Parse(header("webhook-timestamp")!, CultureInfo.InvariantCulture));

    public string Signature { get; } = header("webhook-signature")!;

    public byte[] Body { get; } = body;

    public IReadOnlyList<CloudEvent> Events { get; } = [.. new JsonEventFormatter().DecodeBatchModeMessage(body, new ContentType("application/cloudevents-batch+json"), null)];

    /// <summary>The data of its events, as text.</summary>
    public IReadOnlyList<string> Texts => [.. Events.Select(e => $"{e.Data}")];

    /// <summary>The answer that the test gives.</summary>
    public Task<HttpResponseMessage> Answered => _answer.Task;

    public void Answer(int status, string? retryAfter = null)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status);
        if (retryAfter is not null) response.Headers.TryAddWithoutValidation("retry-after", retryAfter);
        _answer.SetResult(response);
    }

    public void Fail(Exception why) => _answer.SetException(why);

    /// <summary>True when the package of Standard Webhooks makes one of the signatures from this secret.</summary>
    public bool IsSignedWith(string secret) =>
        Signature.Split(' ').Contains(new StandardWebhooks.StandardWebhook(secret).Sign(Id, Timestamp, Encoding.UTF8.GetString(Body)), StringComparer.Ordinal);
}
