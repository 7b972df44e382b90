using System.Net;
using System.Net.Sockets;

namespace HeartbeatGateway.Client.Transport;

/// <summary>Binds a socket to a local address before it connects, and leaves the choice of the port to the connect.</summary>
internal static class LocalBinding
{
    // IPPROTO_IP and IP_BIND_ADDRESS_NO_PORT of <linux/in.h>; see ip(7).
    private const int Level = 0;
    private const int NoPort = 24;

    /// <summary>
    /// Binds the socket. On Linux its port is chosen when it connects, so that connections to different destinations can have the same port. Without that, all
    /// connections of an address share its 28,000 ports, and the search for a free one takes more processor time the fewer are left.
    /// </summary>
    /// <param name="socket">A socket that is not bound.</param>
    /// <param name="local">The address.</param>
    /// <exception cref="SocketException">The machine does not have the address.</exception>
    public static void Bind(Socket socket, IPAddress local)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                socket.SetRawSocketOption(Level, NoPort, BitConverter.GetBytes(1));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ProtocolOption or SocketError.OperationNotSupported)
            {
                // Linux has it since 4.2; systems that only behave like Linux may not. Then the port is chosen now.
            }
        }

        socket.Bind(new IPEndPoint(local, 0));
    }
}
