using System.Diagnostics;
using System.Net;
using System.Security.Authentication;
using HeartbeatGateway.Protocol;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// The span of one sampled connection, behind verbs. Any thread may add to it. Times come from the monotonic clock, so that setting the wall clock
/// changes no duration. It holds nothing that a client sent but its verified client id.
/// </summary>
internal sealed class ConnectionSpan(Activity activity, TimeProvider timeProvider, DateTimeOffset start, long openedAt)
{
    public Activity Activity => activity;

    /// <summary>A proxy has named the client.</summary>
    public void MovedTo(IPEndPoint client)
    {
        activity.SetTag(SpanNames.ClientAddress, RemoteAddress.Of(client));
        activity.SetTag(SpanNames.ClientPort, client.Port);
    }

    /// <summary>The first valid frame was read.</summary>
    public void Connected(long at, string? keyId, ITlsHandshakeFeature? tls)
    {
        if (!string.IsNullOrEmpty(keyId)) activity.SetTag(SpanNames.KeyId, keyId);
        if (tls is not null)
        {
            activity.SetTag(SpanNames.TlsProtocol, tls.Protocol == SslProtocols.Tls13 ? "1.3" : tls.Protocol == SslProtocols.Tls12 ? "1.2" : tls.Protocol.ToString());
            activity.SetTag(SpanNames.TlsCipher, tls.NegotiatedCipherSuite?.ToString());
        }

        Add(SpanNames.ConnectedEvent, at);
    }

    /// <summary>A hello was accepted, which is answered with a welcome.</summary>
    public void Identified(long at, string clientId, string sessionId, long generation, bool isReconnected, bool isResumed)
    {
        activity.SetTag(SpanNames.ClientId, clientId);
        activity.SetTag(SpanNames.SessionId, sessionId);
        activity.SetTag(SpanNames.Generation, generation);
        Add(SpanNames.HelloEvent, at, (SpanNames.Reconnected, isReconnected), (SpanNames.Resumed, isResumed));
    }

    /// <summary>The client was recognised as one that was connected before.</summary>
    /// <param name="at">When.</param>
    /// <param name="identity">How it was recognised.</param>
    /// <param name="gap">How long it was disconnected; null when that is unknown to this process.</param>
    public void Reconnected(long at, ReconnectIdentity identity, TimeSpan? gap) =>
        Add(SpanNames.ReconnectedEvent, at, (SpanNames.Identity, MetricLabels.Of(identity)), (SpanNames.GapSeconds, gap?.TotalSeconds));

    /// <summary>It takes over from an older connection of its client.</summary>
    public void TakesOver(long at, ConnectionId replaced) => Add(SpanNames.TakeoverEvent, at, (SpanNames.OtherConnectionId, replaced.ToString()));

    /// <summary>A newer connection of its client takes over.</summary>
    public void Replaced(long at, ConnectionId by) => Add(SpanNames.ReplacedEvent, at, (SpanNames.OtherConnectionId, by.ToString()));

    /// <summary>
    /// It was closed. The current span of the thread, if it is another one, is the cause: the request of an operator, or the connection that takes over.
    /// </summary>
    public void Closing(long at, CloseReason reason, TimeSpan late)
    {
        if (MetricLabels.TimeoutKindOf(reason) is { } kind) Add(SpanNames.TimeoutEvent, at, (SpanNames.TimeoutKind, kind), (SpanNames.LateSeconds, late.TotalSeconds));
        Add(SpanNames.CloseEvent, at, (SpanNames.CloseReason, reason.ToWireName()));
        if (Activity.Current is { } cause && cause != activity) activity.AddLink(new ActivityLink(cause.Context));
    }

    /// <summary>It is removed. The span ends, and is exported.</summary>
    /// <param name="at">When.</param>
    /// <param name="reason">Why it was closed.</param>
    /// <param name="traffic">What was read and written.</param>
    public void End(long at, CloseReason reason, in ConnectionTraffic traffic)
    {
        activity.SetTag(SpanNames.CloseReason, reason.ToWireName());
        activity.SetTag(SpanNames.BytesIn, traffic.BytesIn);
        activity.SetTag(SpanNames.BytesOut, traffic.BytesOut);
        activity.SetTag(SpanNames.FramesIn, traffic.FramesIn);
        activity.SetTag(SpanNames.FramesOut, traffic.FramesOut);
        activity.SetTag(SpanNames.PendingBytes, traffic.PendingBytes);
        if (!IsOrderly(reason))
        {
            activity.SetTag(SpanNames.ErrorType, reason.ToWireName());
            activity.SetStatus(ActivityStatusCode.Error, reason.ToWireName());
        }

        Stop(at);
    }

    /// <summary>It was no client but the health check of a load balancer: its span is not exported.</summary>
    public void Discard(long at)
    {
        activity.IsAllDataRequested = false;
        activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        Stop(at);
    }

    private void Stop(long at)
    {
        activity.SetEndTime(UtcOf(at).UtcDateTime);
        // Stopping changes the current span of the thread.
        using var scope = new SpanScope(null, isRoot: true);
        activity.Stop();
    }

    /// <summary>True for the ends that client, operator or gateway intended.</summary>
    private static bool IsOrderly(CloseReason reason) => reason is CloseReason.PeerClosed or CloseReason.Replaced or CloseReason.Kicked or CloseReason.Banned
        or CloseReason.MaxAge or CloseReason.Draining or CloseReason.Shutdown;

    private void Add(string name, long at, params ReadOnlySpan<(string Key, object? Value)> attributes)
    {
        var tags = new ActivityTagsCollection();
        foreach (var (key, value) in attributes)
        {
            if (value is not null) tags[key] = value;
        }

        activity.AddEvent(new ActivityEvent(name, UtcOf(at), tags));
    }

    private DateTimeOffset UtcOf(long timestamp) => start + timeProvider.GetElapsedTime(openedAt, timestamp);
}

/// <summary>What a connection has read and written.</summary>
internal readonly record struct ConnectionTraffic(long BytesIn, long BytesOut, long FramesIn, long FramesOut, int PendingBytes);
