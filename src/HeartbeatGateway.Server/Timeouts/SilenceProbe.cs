using System.Net.Sockets;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>
/// Makes the kernel ask the other end of a silent connection for an acknowledgement (a TCP keepalive probe, RFC 9293, 3.8.4), shortly before the idle
/// timeout. The gateway has usually sent nothing that could be unacknowledged, so that without it a silent client and a cut network look alike. The
/// answer is in TCP_INFO; no program sees the probe. Linux only.
/// </summary>
internal static class SilenceProbe
{
    private static readonly TimeSpan MaxLead = TimeSpan.FromSeconds(2);

    /// <summary>How long before the timeout a connection is probed: an eighth of its limit, 2 s at most. A client that is in time is not probed.</summary>
    public static TimeSpan LeadOf(TimeSpan limit) => limit / 8 < MaxLead ? limit / 8 : MaxLead;

    /// <summary>When a connection that has just sent something is to be visited first, so that it can be probed before its idle timeout.</summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="limit">Its idle limit, in timestamp units.</param>
    /// <param name="timeProvider">The clock.</param>
    public static long FirstVisit(long now, long limit, TimeProvider timeProvider) => now + limit - Math.Min(limit / 8, timeProvider.ToTimestampUnits(MaxLead));

    /// <summary>True for connections that <see cref="Begin"/> can probe.</summary>
    public static bool Fits(ConnectionContext transport) =>
        transport.Features.Get<ITransportInfoFeature>() is { } info ? info.CanProbe : OperatingSystem.IsLinux() && SocketOf(transport) is not null;

    /// <summary>Sends a probe, by three system calls. <see cref="End"/> follows, or others would be sent.</summary>
    /// <returns>False when the connection is probed already, by settings of its socket, or was closed concurrently.</returns>
    public static bool Begin(ConnectionContext transport)
    {
        if (transport.Features.Get<ITransportInfoFeature>() is { } info) return info.TryBeginProbe();
        if (SocketOf(transport) is not { } socket) return false;
        try
        {
            if (socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive) is not 0) return false;
            // In this order: a time that has passed already, set on a socket with keepalive, makes the kernel probe at once.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 1);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket was closed concurrently: there is no silence to ask about.
            return false;
        }
    }

    /// <summary>Ends the probing: the client has sent again.</summary>
    public static void End(ConnectionContext transport)
    {
        if (transport.Features.Get<ITransportInfoFeature>() is { } info) info.EndProbe();
        else EndOnSocket(transport);
    }

    private static void EndOnSocket(ConnectionContext transport)
    {
        try
        {
            SocketOf(transport)?.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket was closed concurrently, which ends it too.
        }
    }

    private static Socket? SocketOf(ConnectionContext transport) => transport.Features.Get<IConnectionSocketFeature>()?.Socket;
}
