using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Epoll.Tests.Support;

/// <summary>One event loop and a listening socket: connections whose both ends are in the test.</summary>
internal sealed class Wire : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <param name="isTight">The kernel holds little for each direction, so that a peer that does not read blocks a flush soon.</param>
    /// <param name="logger">Of the loop.</param>
    public Wire(bool isTight = false, ILogger? logger = null)
    {
        SkipUnlessLinux();
        Loop = Transports.MakeLoop(logger);
        // What is accepted inherits it.
        if (isTight) _listener.SendBufferSize = 4096;
        IsTight = isTight;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
    }

    public bool IsTight { get; }

    public EpollLoop Loop { get; }

    public static void SkipUnlessLinux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: epoll is a part of Linux");

    /// <returns>The connection, and the peer's socket.</returns>
    public (EpollConnection Server, Socket Peer) Connect()
    {
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (IsTight) peer.ReceiveBufferSize = 4096;
        peer.Connect(_listener.LocalEndPoint!);
        var accepted = AcceptedSocket.Accept(_listener);
        return (new EpollConnection(Loop, accepted.Descriptor, accepted.RemoteEndPoint), peer);
    }

    public void Dispose()
    {
        _listener.Dispose();
        Loop.Dispose();
    }
}
