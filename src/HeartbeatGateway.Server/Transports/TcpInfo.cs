using System.Net.Sockets;

namespace HeartbeatGateway.Server.Transports;

/// <summary>The option TCP_INFO of tcp(7), on Linux.</summary>
internal static class TcpInfo
{
    private const int IpprotoTcp = 6;
    private const int Option = 11;

    /// <summary>Reads the beginning of the struct tcp_info (linux/tcp.h), by one system call.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="info">Gets as many bytes as it has.</param>
    /// <returns>False when the kernel's struct is shorter.</returns>
    /// <exception cref="SocketException">The socket is no TCP socket.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public static bool TryRead(Socket socket, Span<byte> info) => socket.GetRawSocketOption(IpprotoTcp, Option, info) == info.Length;
}
