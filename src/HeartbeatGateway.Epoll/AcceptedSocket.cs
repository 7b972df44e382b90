using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Epoll.Native;

namespace HeartbeatGateway.Epoll;

/// <summary>
/// A connection that the system has accepted: a file descriptor that its holder must hand to <see cref="EpollTransport.Connect"/> or close. A <see cref="Socket"/>
/// would take 500 bytes and a finalizer for each connection.
/// </summary>
public readonly struct AcceptedSocket
{
    private AcceptedSocket(int descriptor, IPEndPoint? remoteEndPoint) => (Descriptor, RemoteEndPoint) = (descriptor, remoteEndPoint);

    /// <summary>The file descriptor.</summary>
    public int Descriptor { get; }

    /// <summary>The peer's address.</summary>
    public IPEndPoint? RemoteEndPoint { get; }

    /// <summary>Accepts the next connection and waits for it. Sets TCP_NODELAY.</summary>
    /// <param name="listener">A listening TCP socket that blocks. When it is disposed, the call ends with an exception.</param>
    /// <exception cref="SocketException">The call has failed, or the listening socket was closed.</exception>
    /// <exception cref="NotSupportedException">The listening socket is no TCP socket.</exception>
    /// <exception cref="ObjectDisposedException">The listening socket was closed before the call.</exception>
    public static AcceptedSocket Accept(Socket listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        var handle = listener.SafeHandle;
        var isHeld = false;
        try
        {
            // Held, the descriptor stays that of the listener, and its disposal wakes the call, as it wakes Socket.Accept.
            handle.DangerousAddRef(ref isHeld);
            int accepted;
            IPEndPoint? peer;
            do accepted = SocketOptions.Accept((int)handle.DangerousGetHandle(), out peer);
            while (accepted == -Libc.EINTR);
            if (accepted < 0) throw SocketFailures.OfAccept(-accepted);
            if (peer is null)
            {
                _ = Libc.Close(accepted);
                throw new NotSupportedException("The peer has an address that is neither IPv4 nor IPv6. The listener must be a TCP socket.");
            }

            SocketOptions.SetNoDelay(accepted);
            return new AcceptedSocket(accepted, peer);
        }
        finally
        {
            if (isHeld) handle.DangerousRelease();
        }
    }

    /// <summary>Sets SO_SNDBUF.</summary>
    /// <param name="bytes">The kernel's send buffer, in bytes; the kernel doubles it for its own bookkeeping.</param>
    public void SetSendBuffer(int bytes) => SocketOptions.SetSendBuffer(Descriptor, bytes);

    /// <summary>Closes a connection that is not handed on.</summary>
    public void Close() => _ = Libc.Close(Descriptor);

    /// <summary>Closes it with a reset, which frees the system's resources at once.</summary>
    public void Reset()
    {
        SocketOptions.SetResetOnClose(Descriptor);
        Close();
    }
}
