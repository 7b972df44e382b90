using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// Records the lives of sampled connections as spans. Whether one is sampled is decided once, when it is opened. The spans are in a table of their own, so
/// that a connection that is not sampled has no field and no allocation for it.
/// </summary>
internal sealed class ConnectionSpans(TimeProvider timeProvider) : IDisposable
{
    /// <summary>The name of the source, which is that of the meter.</summary>
    public const string SourceName = GatewayMetrics.MeterName;

    private readonly ActivitySource _source = new(SourceName, typeof(ConnectionSpans).Assembly.GetName().Version?.ToString(3));

    // An entry for each open connection that is sampled.
    private readonly ConcurrentDictionary<ConnectionId, ConnectionSpan> _spans = new();

    public ActivitySource Source => _source;

    /// <summary>The number of open spans.</summary>
    public int Count => _spans.Count;

    /// <summary>A connection was opened: decides whether it is sampled, and starts its span.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="transport">Has its endpoints.</param>
    /// <param name="openedAt">The timestamp of its admission.</param>
    /// <param name="ratio">The share of connections that are sampled.</param>
    public void Open(ConnectionId id, ConnectionContext transport, long openedAt, double ratio)
    {
        if (ratio <= 0 || !_source.HasListeners() || (ratio < 1 && Random.Shared.NextDouble() >= ratio)) return;
        var start = timeProvider.GetUtcNow() - timeProvider.GetElapsedTime(openedAt);
        if (Start(AttributesOf(id, transport), start) is { } activity) _spans[id] = new ConnectionSpan(activity, timeProvider, start, openedAt);
    }

    /// <summary>The span of a connection; null when it is not sampled or is removed.</summary>
    public ConnectionSpan? Find(ConnectionId id) => _spans.TryGetValue(id, out var span) ? span : null;

    /// <summary>Log lines that this thread writes until the scope ends belong to the connection's span.</summary>
    public SpanScope Enter(ConnectionId id) => new(Find(id)?.Activity);

    /// <summary>A connection is removed: the span can be ended, and is found no more.</summary>
    public ConnectionSpan? Remove(ConnectionId id) => _spans.TryRemove(id, out var span) ? span : null;

    public void Dispose() => _source.Dispose();

    /// <summary>Starts a trace of its own. Null when the listener does not want it, because its sampler has dropped it.</summary>
    private Activity? Start(IEnumerable<KeyValuePair<string, object?>> attributes, DateTimeOffset start)
    {
        // Without a parent, whatever this thread is doing; and nothing that this thread does later is a part of it.
        using var scope = new SpanScope(null, isRoot: true);
        // Not of the kind Server: the latency of a service is derived from such spans, and a connection lasts for hours.
        var activity = _source.StartActivity(SpanNames.Connection, ActivityKind.Internal, default(ActivityContext), attributes, links: null, start);
        if (activity is null or { IsAllDataRequested: true }) return activity;
        activity.Dispose();
        return null;
    }

    private static IEnumerable<KeyValuePair<string, object?>> AttributesOf(ConnectionId id, ConnectionContext transport)
    {
        yield return new(SpanNames.ConnectionId, id.ToString());
        if (transport.RemoteEndPoint is not IPEndPoint remote) yield break;
        yield return new(SpanNames.ClientAddress, RemoteAddress.Of(remote));
        yield return new(SpanNames.ClientPort, remote.Port);
        yield return new(SpanNames.NetworkTransport, "tcp");
        if (transport.Features.Get<ITransportKindFeature>()?.Kind == TransportKind.WebSocket) yield return new(SpanNames.NetworkProtocol, "websocket");
        yield return new(SpanNames.NetworkType, remote.AddressFamily == AddressFamily.InterNetworkV6 && !remote.Address.IsIPv4MappedToIPv6 ? "ipv6" : "ipv4");
        if (SocketPeer.Of(transport) is IPEndPoint peer)
        {
            yield return new(SpanNames.PeerAddress, RemoteAddress.Of(peer));
            yield return new(SpanNames.PeerPort, peer.Port);
        }

        if (transport.LocalEndPoint is not IPEndPoint local) yield break;
        yield return new(SpanNames.LocalAddress, RemoteAddress.Of(local));
        yield return new(SpanNames.LocalPort, local.Port);
    }
}
