using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Transports;

/// <summary>The other end of a connection's socket.</summary>
internal static class SocketPeer
{
    /// <summary>Its address: behind a trusted proxy, that of the proxy. Null where there is no socket, and once it is closed.</summary>
    public static EndPoint? Of(ConnectionContext transport)
    {
        try
        {
            return transport.Features.Get<ITransportInfoFeature>() is { } info
                ? info.PeerEndPoint
                : transport.Features.Get<IConnectionSocketFeature>()?.Socket.RemoteEndPoint;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer has reset it already, or the socket was closed concurrently.
            return null;
        }
    }
}
