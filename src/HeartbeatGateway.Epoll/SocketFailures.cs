using System.Net.Sockets;
using System.Runtime.InteropServices;
using HeartbeatGateway.Epoll.Native;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll;

/// <summary>The exceptions of failed system calls: the same types as those of Kestrel's own transport.</summary>
internal static class SocketFailures
{
    /// <param name="errno">What the call has returned (errno(3)).</param>
    public static Exception Of(int errno) => errno switch
    {
        Libc.ECONNRESET or Libc.EPIPE => new ConnectionResetException("The peer has reset the connection."),
        Libc.ECONNABORTED => new ConnectionAbortedException("The connection was aborted."),
        _ => new IOException($"The connection has failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})."),
    };

    /// <summary>The exception of a failed accept, as <see cref="Socket.Accept"/> throws it.</summary>
    public static SocketException OfAccept(int errno)
    {
        var error = errno switch
        {
            Libc.EMFILE or Libc.ENFILE => SocketError.TooManyOpenSockets,
            Libc.ENOBUFS or Libc.ENOMEM => SocketError.NoBufferSpaceAvailable,
            Libc.ECONNABORTED => SocketError.ConnectionAborted,
            _ => SocketError.SocketError,
        };
        return new SocketException((int)error, Marshal.GetPInvokeErrorMessage(errno));
    }
}
