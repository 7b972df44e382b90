using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Server.Clients;

/// <summary>A connection as the client registry sees it.</summary>
internal interface IClientConnection
{
    ConnectionId Id { get; }

    EndPoint? RemoteEndPoint { get; }

    AddressKey Address { get; }

    /// <summary>Timestamp of the first valid frame.</summary>
    long ConnectedAt { get; }

    /// <summary>Timestamp of the last byte read.</summary>
    long LastRead { get; }

    /// <summary>What its hello made of it; null while it is anonymous. Set under the directory's lock.</summary>
    ClientSession? Session { get; set; }

    /// <summary>Its state in reconnect recognition by address; null when it is not tracked, because it is not connected or has an identity.</summary>
    ReconnectCandidate? Candidate { get; set; }

    bool HasEnded { get; }

    /// <summary>Timestamp at which it was closed; 0 before.</summary>
    long EndedAt { get; }

    CloseReason Reason { get; }

    /// <summary>What its timeout was caused by; null when no time limit has ended it.</summary>
    TimeoutCause? TimeoutCause { get; }

    /// <summary>Closes the connection. The first request wins.</summary>
    /// <returns>False when it was closed before.</returns>
    bool Close(in CloseRequest request);
}
