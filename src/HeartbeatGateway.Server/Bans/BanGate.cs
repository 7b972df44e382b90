using System.Net;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Server.Bans;

/// <summary>
/// Refuses what is banned: addresses when connections are accepted, client ids and keys once a token has verified. No ping asks it: a key is checked with the
/// first frame that it signs.
/// </summary>
internal sealed class BanGate(BanList bans, AutomaticBans automatic)
{
    /// <summary>True when connections of an address are refused; counts it.</summary>
    public bool RefusesAddress(EndPoint? remote)
    {
        if (bans.OfAddress(remote) is not { } entry) return false;
        entry.CountRefusal();
        return true;
    }

    /// <summary>Closes an opened connection whose address was banned while it was being opened.</summary>
    public void CheckOpened(GatewayConnection connection)
    {
        Interlocked.MemoryBarrier();
        if (bans.OfAddress(connection.RemoteEndPoint) is { } entry) BanList.Close(connection, entry.Ban);
    }

    /// <summary>Closes a connection whose verified frame is the first of a banned key, or the hello of a banned client.</summary>
    /// <param name="connection">The connection; it signs with the frame's key already.</param>
    /// <param name="hello">The reading of the frame.</param>
    /// <returns>True when the frame must not be handled.</returns>
    public bool Refuses(GatewayConnection connection, in HelloReading hello)
    {
        Interlocked.MemoryBarrier();
        if (connection.IsProbe) return false;
        var clientId = hello.Hello?.ClientId;
        var refusal = bans.OfKey(connection.Signer!.Key.Id) ?? (clientId is null ? null : bans.OfClient(clientId));
        if (refusal is null && clientId is not null && connection.Session is null)
        {
            automatic.Count(connection, clientId);
            refusal = bans.OfClient(clientId) ?? bans.OfAddress(connection.RemoteEndPoint);
        }

        if (refusal is null) return false;
        refusal.CountRefusal();
        BanList.Close(connection, refusal.Ban, hello.AcceptsClose, clientId);
        return true;
    }

    /// <summary>Closes a client that was banned while it was being registered.</summary>
    public void CheckRegistered(GatewayConnection connection)
    {
        Interlocked.MemoryBarrier();
        if (connection.Session is { } session && bans.OfClient(session.ClientId) is { } entry) BanList.Close(connection, entry.Ban);
    }
}
