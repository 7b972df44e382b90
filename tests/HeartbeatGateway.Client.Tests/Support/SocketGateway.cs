using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>A listener on a real socket. The test controls its connections.</summary>
internal sealed class SocketGateway : IDisposable
{
    private readonly Socket _listener;
    private readonly TimeProvider _time;
    private readonly TokenKeyring _keyring = new(ClientHarness.Tokens, TokenRole.Gateway);
    private readonly List<Socket> _sockets = [];

    public SocketGateway(TimeProvider? time = null, int port = 0)
    {
        _time = time ?? TimeProvider.System;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(512);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Options of a client of this gateway, with short delays, because they run in real time.</summary>
    public GatewayClientOptions Options => ClientHarness.Options with
    {
        Endpoints = [EndPoint],
        BackoffBase = TimeSpan.FromMilliseconds(20),
        BackoffMax = TimeSpan.FromMilliseconds(100),
    };

    /// <summary>Returns a port without a listener.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public async Task<Socket> AcceptSocketAsync()
    {
        var socket = await _listener.AcceptAsync().WaitAsync(Wait.Limit);
        lock (_sockets) _sockets.Add(socket);
        return socket;
    }

    public async Task<(ServerConnection Server, Socket Socket)> AcceptAsync()
    {
        var socket = await AcceptSocketAsync();
        return (Over(new NetworkStream(socket, ownsSocket: false)), socket);
    }

    public async Task<(ServerConnection Server, SslStream Tls)> AcceptTlsAsync(SslServerAuthenticationOptions options)
    {
        var tls = new SslStream(new NetworkStream(await AcceptSocketAsync(), ownsSocket: true));
        try
        {
            await tls.AuthenticateAsServerAsync(options).WaitAsync(Wait.Limit);
            return (Over(tls), tls);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_sockets) _sockets.ForEach(s => s.Dispose());
    }

    private ServerConnection Over(Stream stream) => new(
        PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)),
        PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)),
        _keyring,
        _time,
        client: null);
}
