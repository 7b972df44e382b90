using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Outbound;
using HeartbeatGateway.Shared.Idle;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>A connection as <see cref="ConnectionTimeouts"/> sees it: what its deadlines depend on, and the two things it can be asked to do.</summary>
internal abstract class TimedConnection : TimerWheelEntry, ILimitedConnection
{
    public abstract ConnectionId Id { get; set; }

    public abstract ConnectionContext Transport { get; }

    public abstract EndPoint? RemoteEndPoint { get; }

    public abstract OutboundQueue Outbound { get; }

    public abstract LimitState? Limits { get; set; }

    public abstract ref IdleState Idle { get; }

    public abstract PartialFrame PartialFrame { get; }

    /// <summary>The reader-idle limit that was negotiated, in timestamp units; 0 for the gateway's own.</summary>
    public abstract long NegotiatedReaderIdle { get; }

    public abstract long OpenedAt { get; }

    public abstract long EndedAt { get; }

    public abstract CloseReason Reason { get; }

    /// <summary>Timestamp of the first valid frame; 0 before it.</summary>
    public abstract long ConnectedAt { get; set; }

    /// <summary>The client id from its hello; null while it is anonymous.</summary>
    public abstract string? ClientId { get; }

    /// <summary>A valid frame was read.</summary>
    public abstract bool IsConnected { get; }

    /// <summary>The read loop has begun.</summary>
    public abstract bool HasRun { get; }

    /// <summary>The gateway has stopped reading, because the sink is full or answers wait.</summary>
    public abstract bool IsPaused { get; }

    /// <summary>Frames are read and delivered, which after a planned close goes on for a while.</summary>
    public abstract bool IsReading { get; }

    public bool HasEnded => Reason != CloseReason.None;

    /// <summary>The gaps between its latest pings, the oldest first.</summary>
    public abstract IReadOnlyList<TimeSpan> ReadHeartbeatGaps();

    /// <summary>Closes the connection. The first request wins.</summary>
    /// <returns>False when it was closed before.</returns>
    public abstract bool Close(in CloseRequest request);

    /// <summary>Ends the reading that follows a planned close.</summary>
    public abstract void StopReading();

    /// <summary>Sends a ping, once a client's key is known.</summary>
    public abstract void SendPing(long now);
}
