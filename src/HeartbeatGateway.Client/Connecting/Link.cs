using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace HeartbeatGateway.Client.Connecting;

/// <summary>A stream to the gateway, and the few things that a stream alone cannot tell or do.</summary>
internal class Link(Stream stream, Socket? socket, EndPoint remote) : IAsyncDisposable
{
    public Stream Stream { get; } = stream;

    public EndPoint Remote { get; } = remote;

    /// <summary>Bytes wait to be read: the gateway is not silent, this process was.</summary>
    public virtual bool HasUnreadBytes
    {
        get
        {
            try
            {
                return socket is { Available: > 0 };
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The socket has ended under us: there is nothing to read any more.
                return false;
            }
        }
    }

    /// <summary>Says that nothing more comes; what the gateway still sends can be read.</summary>
    public virtual async Task ShutdownSendAsync()
    {
        // A peer that speaks TLS is told in its own words before the socket's.
        if (Stream is SslStream tls) await tls.ShutdownAsync().ConfigureAwait(false);
        socket?.Shutdown(SocketShutdown.Send);
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        // The network stream owns the socket.
        return Stream.DisposeAsync();
    }
}
