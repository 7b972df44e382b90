using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Authorization;

/// <summary>Asks the authorization service: one POST for one question. Follows no redirect and no proxy of the environment; an answer is bounded in size.</summary>
internal sealed class AuthorizationClient : IDisposable
{
    private const int MaxResponseBytes = 16 * 1024;
    private const int MaxReasonChars = 1024;

    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly AuthenticationHeaderValue? _secret;

    public AuthorizationClient(AuthorizationOptions options)
    {
        _url = new Uri(options.Url!);
        _secret = options.ParsedSecret is { } secret ? new AuthenticationHeaderValue("Bearer", secret) : null;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = options.Timeout,
            MaxConnectionsPerServer = options.MaxConcurrent,
            // A name that moves to another address is followed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = MaxResponseBytes,
            ActivityHeadersPropagator = null,
        })
        {
            MaxResponseContentBufferSize = MaxResponseBytes,
            // The deadline is the caller's.
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <exception cref="AuthorizationException">The answer is none that can be used.</exception>
    /// <exception cref="HttpRequestException">The service cannot be reached, or its answer is too large.</exception>
    public async Task<AuthorizationAnswer> AskAsync(ClientAuthorizationRequest question, CancellationToken cancellationToken)
    {
        var address = (question.RemoteEndPoint as IPEndPoint)?.Address is { } ip ? (ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip).ToString() : null;
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new AuthorizationQuestion(question.ClientId, question.Instance, address, question.KeyId, question.Library), AuthorizationJson.Default.AuthorizationQuestion);
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Authorization = _secret;
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
        var isRefused = response.StatusCode == HttpStatusCode.Forbidden;
        if (response.StatusCode != HttpStatusCode.OK && !isRefused) throw new AuthorizationException($"it answered with status {(int)response.StatusCode}, but must answer with 200 or 403");
        var said = Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken), isRequired: !isRefused);
        var reason = said?.Reason is { Length: > MaxReasonChars } text ? text[..MaxReasonChars] : said?.Reason;
        return new AuthorizationAnswer(!isRefused && said!.Allow!.Value, reason);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The content of a refusal by status may be anything, such as a page of a proxy.</summary>
    private static AuthorizationReply? Parse(byte[] content, bool isRequired)
    {
        try
        {
            var reply = JsonSerializer.Deserialize(content, AuthorizationJson.Default.AuthorizationReply);
            if (isRequired && reply?.Allow is null) throw new AuthorizationException("its answer has no field allow with true or false");
            return reply;
        }
        catch (JsonException) when (!isRequired)
        {
            return null;
        }
        catch (JsonException)
        {
            throw new AuthorizationException("its answer is no JSON object such as {\"allow\":true}");
        }
    }
}

/// <summary>The answer of the authorization service cannot be used; the message says why.</summary>
internal sealed class AuthorizationException(string message) : Exception(message);

/// <summary>The body of a question. Fields without a value are left out.</summary>
internal sealed record AuthorizationQuestion(string ClientId, string? Instance, string? Address, string KeyId, string? Library);

/// <summary>The body of an answer.</summary>
internal sealed record AuthorizationReply(bool? Allow, string? Reason);

/// <summary>JSON of both.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuthorizationQuestion))]
[JsonSerializable(typeof(AuthorizationReply))]
internal sealed partial class AuthorizationJson : JsonSerializerContext;
