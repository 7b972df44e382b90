using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace HeartbeatGateway.Cli.Tests.Api;

/// <summary>An answer of a gateway.</summary>
internal sealed record Reply(int Status, string Body, string Type = "application/json")
{
    public TimeSpan? RetryAfter { get; init; }

    public static implicit operator Reply(string body) => new(200, body);

    public static Reply Problem(int status, string code, string detail) =>
        new(status, JsonSerializer.Serialize(new { status, detail, code }), "application/problem+json");

    public static Reply Events(string body) => new(200, body, "text/event-stream");
}

/// <summary>A request that a gateway got.</summary>
internal sealed record Request(string Route, string Query, string Body, HttpRequestHeaders Headers)
{
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
}

/// <summary>The HTTP API of a gateway, in memory. Each route, such as <c>GET clients</c>, has its answers in order; the last one is repeated.</summary>
internal sealed class FakeApi : HttpMessageHandler
{
    private readonly Dictionary<string, Queue<Reply>> _replies = new(StringComparer.Ordinal);
    private readonly List<Request> _requests = [];
    private readonly Lock _lock = new();

    public IReadOnlyList<Request> Requests
    {
        get { lock (_lock) return [.. _requests]; }
    }

    public FakeApi On(string route, params Reply[] replies)
    {
        _replies[route] = new Queue<Reply>(replies);
        return this;
    }

    /// <summary>A command line with this gateway.</summary>
    public CliRun Run() => new() { Http = () => this };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var route = $"{request.Method} {request.RequestUri!.AbsolutePath.TrimStart('/').Replace("api/v1/", "", StringComparison.Ordinal)}";
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Reply reply;
        lock (_lock)
        {
            _requests.Add(new Request(route, Uri.UnescapeDataString(request.RequestUri.Query), body, request.Headers));
            // A route with its query comes before the one without.
            reply = !_replies.TryGetValue(route + request.RequestUri.Query, out var replies) && !_replies.TryGetValue(route, out replies) ? Reply.Problem(404, "not_found", "There is nothing at this address.") : replies.Count > 1 ? replies.Dequeue() : replies.Peek();
        }

        var response = new HttpResponseMessage((HttpStatusCode)reply.Status) { RequestMessage = request, Content = new StringContent(reply.Body, Encoding.UTF8, reply.Type) };
        if (reply.RetryAfter is { } after) response.Headers.RetryAfter = new RetryConditionHeaderValue(after);
        return response;
    }
}
