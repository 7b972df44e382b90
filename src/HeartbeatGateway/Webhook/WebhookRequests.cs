using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace HeartbeatGateway.Webhook;

/// <summary>Makes one request with a batch, and tells what follows from it.</summary>
internal sealed class WebhookRequests(WebhookMetrics metrics, TimeProvider timeProvider)
{
    /// <exception cref="OperationCanceledException">Cancelled. The receiver may have the events.</exception>
    public async Task<WebhookAnswer> SendAsync(WebhookSettings settings, WebhookBatch batch, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        using var timeout = new CancellationTokenSource(settings.Options.Timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var answer = await TrySendAsync(settings, batch, timeout.Token, either.Token);
        // A 2xx that came at the last moment counts: the receiver has the events.
        if (answer.Verdict != WebhookVerdict.Accepted) cancellationToken.ThrowIfCancellationRequested();
        metrics.RequestEnded(answer.Verdict, timeProvider.GetElapsedTime(start), batch.Events.Count);
        return answer;
    }

    private async Task<WebhookAnswer> TrySendAsync(WebhookSettings settings, WebhookBatch batch, CancellationToken timeout, CancellationToken cancellationToken)
    {
        try
        {
            using var request = MakeRequest(settings, batch);
            // The answer is the status line. Its body is discarded by the handler, within bounds, when the response is disposed.
            using var response = await settings.Http.SendAsync(request, cancellationToken);
            return WebhookAnswer.Of(response.StatusCode, response.Headers.RetryAfter, timeProvider.GetUtcNow());
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return new WebhookAnswer(WebhookVerdict.Retried, string.Create(CultureInfo.InvariantCulture, $"no answer within {settings.Options.Timeout.TotalSeconds:0.###} s"));
        }
        catch (OperationCanceledException)
        {
            return new WebhookAnswer(WebhookVerdict.Retried, "cancelled");
        }
        catch (HttpRequestException e)
        {
            return new WebhookAnswer(WebhookVerdict.Retried, Describe(e));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or AuthenticationException)
        {
            return new WebhookAnswer(WebhookVerdict.Retried, e.GetType().Name);
        }
    }

    private HttpRequestMessage MakeRequest(WebhookSettings settings, WebhookBatch batch)
    {
        var timestamp = timeProvider.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, settings.Url)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = new ReadOnlyMemoryContent(batch.Body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(WebhookFormat.BatchContentType);
        request.Headers.TryAddWithoutValidation("webhook-id", batch.Id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", WebhookSignature.Of(settings.Files.Secrets, batch.Id, timestamp, batch.Body.Span));
        request.Headers.TryAddWithoutValidation("webhook-attempt", (batch.Attempts + 1).ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("user-agent", "HeartbeatGateway");
        return request;
    }

    /// <summary>The kind of the failure; the innermost message for TLS, which names no URL.</summary>
    private static string Describe(HttpRequestException e)
    {
        var kind = e.HttpRequestError.ToString();
        return e.InnerException switch
        {
            AuthenticationException tls => $"{kind}: {tls.Message}",
            System.Net.Sockets.SocketException socket => $"{kind}: {socket.SocketErrorCode}",
            _ => kind,
        };
    }
}
