using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>The memory that an unauthenticated connection can make the gateway hold. No other test runs in the process during the measurement.</summary>
[CollectionDefinition(nameof(UnauthenticatedMemoryTests), DisableParallelization = true)]
[Collection(nameof(UnauthenticatedMemoryTests))]
public sealed class UnauthenticatedMemoryTests
{
    private const int Connections = 2000;

    /// <summary>The most bytes that an unauthenticated connection may hold, beyond a connection whose handler keeps nothing.</summary>
    private const int MaxBytes = 8192;

    /// <summary>
    /// Pieces of the largest frame that an unauthenticated connection may begin, without its last byte. Each piece fills its block of 4 KiB so far that the
    /// transport takes another block for the next piece.
    /// </summary>
    private static readonly int[][] Cuts = [[1], [4253], [2049, 2049, 155], [1448, 1448, 1357], [1, 2048, 2049, 155], [2048, 1, 2048, 1, 155]];

    [Fact]
    public async Task A_partial_frame_on_an_unauthenticated_connection_holds_at_most_8_KiB()
    {
        var bare = await MeasureBareAsync();
        foreach (var cut in Cuts)
        {
            var held = await MeasureAsync(cut) - bare;
            TestContext.Current.TestOutputHelper?.WriteLine($"pieces of {string.Join(", ", cut)} bytes: {held:0} bytes beyond a bare connection's {bare:0}");
            Assert.True(held <= MaxBytes, $"{held:0} bytes are held.");
        }
    }

    private static async Task<double> MeasureAsync(int[] pieces)
    {
        await using var host = await ServiceHost.StartAsync("--Gateway:Admission:HandshakeTimeout=00:10:00", "--Gateway:Frames:FrameTimeout=00:10:00");
        var frame = TestSecrets.ClientKeyring().Keys[0].Bare.Encode("message"u8, new byte[4096], TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        await ServiceHost.PingAsync(await host.ConnectAsync());
        // The first scrape allocates memory that later ones reuse.
        await host.ReachesAsync("heartbeatgateway_connected_clients", 1);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clients = new List<Socket>();
        for (var i = 0; i < Connections; i++) clients.Add(await host.ConnectAsync());
        var read = 158;
        for (var (piece, sent) = (0, 0); piece < pieces.Length; sent += pieces[piece++])
        {
            foreach (var client in clients) Assert.Equal(pieces[piece], client.Send(frame.Span.Slice(sent, pieces[piece])));
            // Each piece must arrive in its own read.
            await host.ReachesAsync("heartbeatgateway_network_io_bytes_total{direction=\"in\"}", read += pieces[piece] * Connections);
        }

        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Connections;
    }

    /// <summary>Kestrel's own transport, and a handler that reads a byte and keeps nothing.</summary>
    private static async Task<double> MeasureBareAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseConnectionHandler<WaitingHandler>()));
        await using var app = builder.Build();
        await app.StartAsync();
        var port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        using var warm = await ConnectAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clients = new List<Socket>();
        for (var i = 0; i < Connections; i++) clients.Add(await ConnectAsync());
        for (var i = 0; i < Connections; i++)
        {
            // One after another, so that the pool of blocks does not grow for all of them.
            clients[i].Send([0]);
            while (WaitingHandler.Read <= i) await Task.Yield();
        }

        var held = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Connections;
        clients.ForEach(c => c.Dispose());
        return held;

        async Task<Socket> ConnectAsync()
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return socket;
        }
    }

    private sealed class WaitingHandler : ConnectionHandler
    {
        private static int _read;

        public static int Read => Volatile.Read(ref _read);

        public override async Task OnConnectedAsync(ConnectionContext connection)
        {
            var first = await connection.Transport.Input.ReadAsync();
            connection.Transport.Input.AdvanceTo(first.Buffer.End);
            Interlocked.Increment(ref _read);
            await connection.Transport.Input.ReadAsync();
        }
    }
}
