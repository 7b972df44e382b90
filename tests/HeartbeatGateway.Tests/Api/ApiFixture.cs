using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using Microsoft.AspNetCore.Builder;

namespace HeartbeatGateway.Tests.Api;

/// <summary>The service with three keys, callers of its API, and clients.</summary>
internal sealed class ApiFixture : IAsyncDisposable
{
    public const string ReadKey = "read-key-0123456789";
    public const string SendKey = "send-key-0123456789";
    public const string AdminKey = "admin-key-0123456789";

    private readonly List<Socket> _clients = [];

    private ApiFixture(ServiceHost host) => Host = host;

    public ServiceHost Host { get; }

    public static Task<ApiFixture> StartAsync(params string[] settings) => StartAsync(logs: null, settings);

    public static Task<ApiFixture> StartAsync(LogText? logs, params string[] settings) => StartAsync(logs, configure: null, settings);

    public static async Task<ApiFixture> StartAsync(LogText? logs, Action<WebApplicationBuilder>? configure, params string[] settings) => new(await ServiceHost.StartAsync(
        [
            "--Gateway:Admin:Keys:0:Id=reader", $"--Gateway:Admin:Keys:0:Key={ReadKey}",
            "--Gateway:Admin:Keys:1:Id=sender", $"--Gateway:Admin:Keys:1:Key={SendKey}", "--Gateway:Admin:Keys:1:Scope=Send",
            "--Gateway:Admin:Keys:2:Id=operator", $"--Gateway:Admin:Keys:2:Key={AdminKey}", "--Gateway:Admin:Keys:2:Scope=Admin",
            .. settings,
        ],
        logs,
        configure));

    /// <summary>Sends a request and reads its answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below <c>/api/v1/</c>, or one that begins with a slash.</param>
    /// <param name="key">The key; null sends none.</param>
    /// <param name="body">The body, as JSON; null sends none.</param>
    /// <param name="headers">More headers.</param>
    public async Task<Answer> SendAsync(string method, string path, string? key = AdminKey, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path.StartsWith('/') ? path : $"/api/v1/{path}");
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Host.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var json = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true ? JsonDocument.Parse(text).RootElement : default;
        return new Answer(response.StatusCode, json, text, response.Headers);
    }

    public Task<Answer> GetAsync(string path, string? key = ReadKey, params (string Name, string Value)[] headers) => SendAsync("GET", path, key, null, headers);

    /// <summary>A client with an identity.</summary>
    public async Task<Socket> ConnectAsync(string clientId, string? instance = null, string? library = null)
    {
        var (socket, answer) = await HelloAsync(clientId, instance, library);
        Assert.Equal("welcome", answer);
        return socket;
    }

    /// <summary>A client that sent a hello, and the type of the answer: a close when another connection of its id came at the same moment.</summary>
    public async Task<(Socket Socket, string Answer)> HelloAsync(string clientId, string? instance = null, string? library = null)
    {
        var socket = await SayHelloAsync(clientId, instance, library);
        return (socket, (await ReadFrameAsync(socket)).Type);
    }

    /// <summary>A connection that has sent a hello, whatever the answer will be.</summary>
    public async Task<Socket> SayHelloAsync(string clientId, string? instance = null, string? library = null)
    {
        var hello = new HelloPayload { ClientId = clientId, Nonce = Guid.NewGuid().ToString("N"), Instance = instance, Library = library, Features = [ProtocolFeatures.Close] };
        var socket = await Host.ConnectAsync();
        // Some tests connect from several threads.
        lock (_clients) _clients.Add(socket);
        await socket.SendAsync(TestSecrets.ClientKeyring().Keys[0].Named.Encode(FrameKinds.Hello, hello.ToJson(), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        return socket;
    }

    /// <summary>A client without an identity.</summary>
    public async Task<Socket> ConnectAnonymousAsync()
    {
        var socket = await Host.ConnectAsync();
        _clients.Add(socket);
        await ServiceHost.PingAsync(socket);
        return socket;
    }

    /// <summary>Reads the next frame: its type and content.</summary>
    public static async Task<(string Type, string Content)> ReadFrameAsync(Socket socket)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        await using var stream = new NetworkStream(socket);
        var header = new byte[FrameFormat.HeaderLength];
        await stream.ReadExactlyAsync(header, timeout.Token);
        var content = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4))];
        await stream.ReadExactlyAsync(content, timeout.Token);
        return (Encoding.UTF8.GetString(FrameFormat.Trim(header.AsSpan(8, 50))), Encoding.UTF8.GetString(content));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        await Host.DisposeAsync();
    }

    /// <summary>An answer of the API.</summary>
    public sealed record Answer(HttpStatusCode Status, JsonElement Json, string Text, HttpResponseHeaders Headers)
    {
        public string? Code => Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty("code", out var code) ? code.GetString() : null;

        public string? Detail => Json.GetProperty("detail").GetString();

        public void AssertProblem(HttpStatusCode status, string code)
        {
            Assert.Equal((status, code), (Status, Code));
            Assert.NotEmpty(Detail!);
        }
    }
}
