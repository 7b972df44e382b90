using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Tests.WebSockets;

/// <summary>
/// The managed memory of an idle client over WebSocket, beside one on TCP and beside ASP.NET Core's own ways to carry frames over WebSockets. No other test
/// runs in the process during the measurement.
/// </summary>
[CollectionDefinition(nameof(WebSocketMemoryTests), DisableParallelization = true)]
[Collection(nameof(WebSocketMemoryTests))]
public sealed class WebSocketMemoryTests : IDisposable
{
    private const int Clients = 500;

    /// <summary>The median of these rounds counts: the first one fills pools. All clients stay connected, so that nothing is freed meanwhile.</summary>
    private const int Rounds = 3;

    private readonly List<Socket> _clients = [];

    /// <summary>The most bytes that the WebSocket of an idle client adds to a client on TCP.</summary>
    private const int MaxAddedBytes = 4500;

    public void Dispose() => _clients.ForEach(c => c.Dispose());

    [Fact]
    public async Task A_WebSocket_adds_less_to_an_idle_client_than_the_HTTP_server_would()
    {
        double tcp, webSocket;
        await using (var fixture = await WebSocketFixture.StartAsync("--Gateway:Heartbeat:ReaderIdle=00:00:00"))
        {
            tcp = await MeasureAsync(fixture.Host.TcpPort, isWebSocket: false, readsAnswer: true);
            webSocket = await MeasureAsync(fixture.Host.WebSocketPort!.Value, isWebSocket: true, readsAnswer: true);
        }

        var bare = await MeasureAsync(kestrel => kestrel.UseConnectionHandler<IdleHandler>(), _ => { }, isWebSocket: false);
        var mapped = await MeasureAsync(_ => { }, app => app.MapConnectionHandler<IdleHandler>("/ws", options => options.Transports = HttpTransportType.WebSockets), isWebSocket: true);
        var middleware = await MeasureAsync(
            _ => { },
            app =>
            {
                app.UseWebSockets(new Microsoft.AspNetCore.Builder.WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
                app.MapGet("/ws", async context =>
                {
                    using var socket = await context.WebSockets.AcceptWebSocketAsync();
                    while (socket.State == System.Net.WebSockets.WebSocketState.Open) await socket.ReceiveAsync(new byte[256].AsMemory(), CancellationToken.None);
                });
            },
            isWebSocket: true);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"bytes for each idle client: gateway on TCP {tcp:0}, over WebSocket {webSocket:0} (+ {webSocket - tcp:0}); bare handler on TCP {bare:0}, "
            + $"MapConnectionHandler {mapped:0} (+ {mapped - bare:0}), WebSocket middleware {middleware:0} (+ {middleware - bare:0})");
        Assert.True(webSocket - tcp <= MaxAddedBytes, $"A WebSocket adds {webSocket - tcp:0} bytes.");
        Assert.True(webSocket - tcp < mapped - bare, $"A WebSocket adds {webSocket - tcp:0} bytes, and through MapConnectionHandler {mapped - bare:0}.");
    }

    /// <summary>The same for Kestrel with a handler that reads and keeps nothing.</summary>
    private async Task<double> MeasureAsync(Action<Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions> listen, Action<WebApplication> map, bool isWebSocket)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddConnections();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen));
        await using var app = builder.Build();
        map(app);
        await app.StartAsync();
        return await MeasureAsync(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port, isWebSocket, readsAnswer: false);
    }

    private async Task<double> MeasureAsync(int port, bool isWebSocket, bool readsAnswer)
    {
        var rounds = new List<double>(Rounds);
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            for (var i = 0; i < Clients; i++) _clients.Add(await ConnectAsync(port, isWebSocket, readsAnswer));
            rounds.Add((GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Clients);
        }

        return rounds.Order().ElementAt(Rounds / 2);
    }

    private static async Task<Socket> ConnectAsync(int port, bool isWebSocket, bool readsAnswer)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var ping = WebSocketFixture.Ping();
        var buffer = new byte[1024];
        if (isWebSocket)
        {
            socket.Send(Encoding.ASCII.GetBytes(WebSocketFixture.Request()));
            Assert.StartsWith("HTTP/1.1 101", Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer)), StringComparison.Ordinal);
            // A binary message of 158 bytes whose mask is 0.
            ping = [0x82, 0xFE, 0, 158, 0, 0, 0, 0, .. ping];
        }

        socket.Send(ping);
        for (var read = 0; readsAnswer && read < 158;) read += socket.Receive(buffer);
        return socket;
    }

    private sealed class IdleHandler : ConnectionHandler
    {
        public override async Task OnConnectedAsync(ConnectionContext connection)
        {
            while (true)
            {
                var read = await connection.Transport.Input.ReadAsync();
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
            }
        }
    }
}
