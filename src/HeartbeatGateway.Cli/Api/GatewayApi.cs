using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HeartbeatGateway.Cli.Api.Access;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api;

/// <summary>
/// Calls the HTTP API of a gateway. Every failure is an <see cref="ApiException"/> whose message says what to do; no message contains the key.
/// </summary>
internal sealed class GatewayApi : IDisposable
{
    private const string Prefix = "api/v1/";
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    /// <summary>A key has a limit of requests per second; a page of many can reach it.</summary>
    private const int MaxTries = 5;

    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly ApiSettings _settings;
    private readonly ApiFaults _faults;
    private readonly TimeProvider _time;

    public GatewayApi(ApiSettings settings, CliEnvironment environment)
    {
        (_settings, _time, _faults) = (settings, environment.Time, new ApiFaults(settings));
        // The limit of time is in CallAsync, on the clock of the environment.
        _http = new HttpClient(settings.CreateHandler(environment)) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    /// <summary>The address of the gateway.</summary>
    public Uri Address => _settings.Address;

    /// <exception cref="ApiException">The gateway was not reached, or answered with an error.</exception>
    public Task<JsonElement> GetAsync(string path, CancellationToken cancellation) => CallAsync(HttpMethod.Get, path, null, null, cancellation);

    /// <exception cref="ApiException">The gateway was not reached, or answered with an error.</exception>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the prefix of the API.</param>
    /// <param name="body">The body.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <param name="idempotencyKey">With it, the request may be repeated.</param>
    /// <param name="wait">How long the gateway was asked to wait with its answer: the time limit begins after it.</param>
    public Task<JsonElement> SendAsync<T>(
        HttpMethod method, string path, T body, JsonTypeInfo<T> type, CancellationToken cancellation, string? idempotencyKey = null, TimeSpan wait = default) =>
        CallAsync(method, path, JsonSerializer.SerializeToUtf8Bytes(body, type), idempotencyKey, cancellation, wait);

    /// <exception cref="ApiException">The gateway was not reached, or answered with an error.</exception>
    public Task<JsonElement> DeleteAsync(string path, CancellationToken cancellation) => CallAsync(HttpMethod.Delete, path, null, null, cancellation);

    /// <summary>Reads an answer as a record. Unknown fields are ignored, so that hbg works with newer gateways.</summary>
    /// <exception cref="ApiException">The answer has another form.</exception>
    public T Read<T>(JsonElement answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return answer.Deserialize(type) ?? throw _faults.Malformed("null", null);
        }
        catch (JsonException e)
        {
            throw _faults.Malformed(e.Path ?? "JSON", e);
        }
    }

    /// <summary>Opens a stream of server-sent events; the time limit is for the beginning of the answer only.</summary>
    /// <exception cref="ApiException">The gateway was not reached, or answered with an error.</exception>
    public async Task<HttpResponseMessage> OpenEventsAsync(string path, string? lastEventId, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Get, path, null);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null && !request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId))
        {
            throw new CliException(ExitCode.Usage, $"'{lastEventId}' is not the id of an event.");
        }

        var response = await ExchangeAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == "text/event-stream") return response;
        using (response) throw await _faults.OfAsync(response, path, cancellation);
    }

    /// <summary>The error for an answer of an unknown form.</summary>
    public ApiException Malformed(string what) => _faults.Malformed(what, null);

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> CallAsync(HttpMethod method, string path, byte[]? body, string? idempotencyKey, CancellationToken cancellation, TimeSpan wait = default)
    {
        for (var tries = 1; ; tries++)
        {
            using var request = Request(method, path, body);
            if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
            using var response = await ExchangeAsync(request, HttpCompletionOption.ResponseContentRead, cancellation, wait);
            if (response.StatusCode == HttpStatusCode.NoContent) return default;
            if (response.StatusCode == HttpStatusCode.TooManyRequests && tries < MaxTries && response.Headers.RetryAfter?.Delta is { } after && after <= MaxRetryAfter)
            {
                await Task.Delay(after, _time, cancellation);
                continue;
            }

            if (!response.IsSuccessStatusCode || !ApiFaults.IsJson(response)) throw await _faults.OfAsync(response, path, cancellation);
            try
            {
                return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellation), ApiJson.Default.JsonElement);
            }
            catch (JsonException e)
            {
                throw _faults.Malformed("no JSON", e);
            }
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path, byte[]? body)
    {
        var request = new HttpRequestMessage(method, new Uri(_settings.Address, Prefix + path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (_settings.Key is { } key) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return request;
    }

    private async Task<HttpResponseMessage> ExchangeAsync(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellation, TimeSpan wait = default)
    {
        using var timeout = new CancellationTokenSource(_settings.Timeout + wait, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await _http.SendAsync(request, completion, linked.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw _faults.TimedOut(e, isOwnLimit: timeout.IsCancellationRequested);
        }
        catch (HttpRequestException e)
        {
            throw _faults.Of(e);
        }
    }
}
