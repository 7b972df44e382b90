using System.Buffers;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Epoll.Tests.Support;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class ManyConnectionsTests
{
    private const int Connections = 2000;
    private const int Threads = 4;

    [Fact]
    public async Task Connections_that_end_in_all_ways_at_once_leave_no_descriptor_and_no_slot()
    {
        Wire.SkipUnlessLinux();
        // What the process opens once.
        await RunAsync(20);
        var before = Descriptors.Count("");
        await RunAsync(Connections);
        await Peers.UntilAsync(() => Descriptors.Count("") <= before);
    }

    private static async Task RunAsync(int count)
    {
        using var transport = Transports.Make();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        var before = Descriptors.Count("socket:");
        var next = 0;
        var all = Enumerable.Range(0, Threads).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var number && number <= count) await OneAsync(transport, listener, number);
        }));
        await Task.WhenAll(all).WaitAsync(Peers.Patience);
        await Peers.UntilAsync(() => Descriptors.Count("socket:") <= before);
    }

    /// <summary>The peer's way to end and the server's, in all combinations.</summary>
    private static async Task OneAsync(EpollTransport transport, Socket listener, int number)
    {
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        ConnectionContext server;
        lock (listener)
        {
            peer.Connect(listener.LocalEndPoint!);
            server = transport.Connect(AcceptedSocket.Accept(listener));
        }

        var program = Task.Run(() => ProgramAsync(server, number / 6 % 5));
        var closed = number % 3 == 0 ? server.ConnectionClosed : CancellationToken.None;
        try
        {
            await peer.SendAsync(new byte[1 + (number % 500)]);
            if (number % 6 > 1) await peer.ReceiveAsync(1);
            switch (number % 6)
            {
                case 0 or 2:
                    peer.Reset();
                    break;
                case 1 or 3:
                    peer.Shutdown(SocketShutdown.Send);
                    break;
                case 4:
                    server.Abort(new ConnectionAbortedException("The test ends it."));
                    break;
                default:
                    peer.Shutdown(SocketShutdown.Both);
                    server.Abort(new ConnectionAbortedException("The test ends it."));
                    break;
            }
        }
        catch (SocketException)
        {
            // The server was faster.
        }

        await program;
        if (closed.CanBeCanceled) await Peers.UntilAsync(() => closed.IsCancellationRequested);
    }

    private static async Task ProgramAsync(ConnectionContext server, int way)
    {
        try
        {
            while (true)
            {
                var result = await server.Transport.Input.ReadAsync();
                if (way == 1) await Task.Yield();
                server.Transport.Output.Write(new byte[way == 2 ? 200_000 : 1]);
                server.Transport.Input.AdvanceTo(way == 3 ? result.Buffer.Start : result.Buffer.End, result.Buffer.End);
                if (result.IsCompleted || (await server.Transport.Output.FlushAsync()).IsCompleted || way == 4) break;
            }
        }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException)
        {
            // As the peer, or the test, has it.
        }
        finally
        {
            // A backlog that the peer does not read is not waited for.
            if (way == 2) server.Abort(new ConnectionAbortedException("The program ends it."));
            await server.DisposeAsync();
        }
    }
}
