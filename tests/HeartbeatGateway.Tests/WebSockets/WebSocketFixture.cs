using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.WebSockets;

/// <summary>The service with an endpoint for WebSockets, and clients of it.</summary>
internal sealed class WebSocketFixture : IAsyncDisposable
{
    public const string Origin = "https://shop.example";
    private const int HeaderLength = 158;

    private WebSocketFixture(ServiceHost host) => Host = host;

    public ServiceHost Host { get; }

    public Uri Uri => new($"ws://127.0.0.1:{Host.WebSocketPort}/ws");

    public static Task<WebSocketFixture> StartAsync(params string[] settings) => StartAsync(logs: null, settings);

    public static async Task<WebSocketFixture> StartAsync(LogText? logs, params string[] settings) =>
        new(await ServiceHost.StartAsync(["--Gateway:WebSocket:Endpoint=127.0.0.1:0", $"--Gateway:WebSocket:AllowedOrigins:0={Origin}", .. settings], logs));

    /// <summary>A frame of a client.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content = default) =>
        TestSecrets.ClientKeyring().Keys[0].Named.Encode(type, content, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();

    public static byte[] Ping() => Frame("ping"u8);

    public async Task<ClientWebSocket> ConnectAsync(string? origin = null)
    {
        var socket = new ClientWebSocket { Options = { KeepAliveInterval = Timeout.InfiniteTimeSpan } };
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        await socket.ConnectAsync(Uri, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>A client with an identity, which understands close frames.</summary>
    public async Task<ClientWebSocket> ConnectAsAsync(string clientId)
    {
        var socket = await ConnectAsync();
        var hello = new HelloPayload { ClientId = clientId, Nonce = Guid.NewGuid().ToString("N"), Features = [ProtocolFeatures.Close] };
        await SendAsync(socket, Frame("hello"u8, hello.ToJson()));
        Assert.Equal("welcome", (await ReadFrameAsync(socket)).Type);
        return socket;
    }

    public static async Task SendAsync(ClientWebSocket socket, ReadOnlyMemory<byte> bytes, bool endOfMessage = true) =>
        await socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage, TestContext.Current.CancellationToken);

    /// <summary>Sends a ping and reads its answer.</summary>
    public static async Task PingAsync(ClientWebSocket socket)
    {
        await SendAsync(socket, Ping());
        Assert.Equal("ping", (await ReadFrameAsync(socket)).Type);
    }

    /// <summary>Reads the next frame, whatever messages it comes in.</summary>
    public static async Task<(string Type, string Content)> ReadFrameAsync(ClientWebSocket socket)
    {
        var header = await ReadAsync(socket, HeaderLength);
        var content = await ReadAsync(socket, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)));
        return (Encoding.UTF8.GetString(header, 8, 50).Trim('\0'), Encoding.UTF8.GetString(content));
    }

    /// <summary>Reads until the gateway's close frame of the WebSocket.</summary>
    public static async Task<(WebSocketCloseStatus? Status, string? Text)> ReadCloseAsync(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        while ((await socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken)).MessageType != WebSocketMessageType.Close)
        {
            // Answers that were on their way.
        }

        return (socket.CloseStatus, socket.CloseStatusDescription);
    }

    /// <summary>Sends bytes over TCP to the endpoint and reads to the end of the answer.</summary>
    public async Task<string> ExchangeAsync(string request)
    {
        using var socket = await ConnectRawAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        return await ReadToEndAsync(socket);
    }

    public async Task<Socket> ConnectRawAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Host.WebSocketPort!.Value, TestContext.Current.CancellationToken);
        return socket;
    }

    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        var (text, buffer) = (new StringBuilder(), new byte[4096]);
        while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var count) text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        return text.ToString();
    }

    /// <summary>A request that is accepted, but for what is changed.</summary>
    public static string Request(string path = "/ws", string method = "GET", string version = "13", string key = "dGhlIHNhbXBsZSBub25jZQ==", string upgrade = "websocket", params string[] headers) =>
        $"{method} {path} HTTP/1.1\r\nHost: gateway\r\nUpgrade: {upgrade}\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: {key}\r\n{string.Concat(headers.Select(h => $"{h}\r\n"))}\r\n";

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static async Task<byte[]> ReadAsync(ClientWebSocket socket, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var part = await socket.ReceiveAsync(bytes.AsMemory(read), TestContext.Current.CancellationToken);
            Assert.Equal(WebSocketMessageType.Binary, part.MessageType);
            read += part.Count;
        }

        return bytes;
    }
}
