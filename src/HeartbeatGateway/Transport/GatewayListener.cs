using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>
/// Accepts clients and recognises the liveness probe among them. Rejects connections that would take the file descriptors that the process needs for
/// itself.
/// </summary>
internal sealed class GatewayListener(
    Socket socket, TransportKind kind, IAcceptor acceptor, GatewayEngine engine, EmergencyDescriptors reserve, TimeProvider timeProvider, ILogger logger)
    : ResilientSocketListener(socket, acceptor, reserve, timeProvider, logger)
{
    private static readonly TimeSpan ExpectedProbeLifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<EndPoint, long> _probes = new();
    private readonly TimeProvider _timeProvider = timeProvider;

    /// <summary>
    /// Marks the next connection from this end point as the liveness probe's, for up to a minute: a probe that has timed out must not count as a
    /// client when it is accepted later.
    /// </summary>
    public void Expect(EndPoint probe)
    {
        foreach (var (forgotten, _) in _probes.Where(p => _timeProvider.GetElapsedTime(p.Value) > ExpectedProbeLifetime)) _probes.TryRemove(forgotten, out _);
        _probes[probe] = _timeProvider.GetTimestamp();
    }

    protected override bool ShouldAccept(in Accepted accepted)
    {
        if (engine.Accepts.IsOutOfDescriptors && !IsExpected(accepted))
        {
            // Rejected here and not in the engine, so that a burst does not build up a queue of sockets that wait for rejection.
            engine.Accepts.RejectForDescriptors(accepted.RemoteEndPoint);
            accepted.Reset();
            return false;
        }

        engine.Accepts.BeginAccept();
        return true;
    }

    protected override ConnectionContext Connect(in Accepted accepted)
    {
        var isProbe = IsExpected(accepted) && _probes.TryRemove(accepted.RemoteEndPoint!, out _);
        var connection = base.Connect(accepted);
        if (kind == TransportKind.WebSocket) connection.Features.Set<ITransportKindFeature>(WebSocketKind.Instance);
        if (isProbe) connection.Features.Set<ILivenessProbeFeature>(LivenessProbeFeature.Instance);
        return connection;
    }

    protected override void Discard(in Accepted accepted)
    {
        base.Discard(accepted);
        engine.Accepts.EndAccept();
    }

    private bool IsExpected(in Accepted accepted) => !_probes.IsEmpty && accepted.RemoteEndPoint is { } remote && _probes.ContainsKey(remote);

    private sealed class WebSocketKind : ITransportKindFeature
    {
        public static readonly WebSocketKind Instance = new();

        public TransportKind Kind => TransportKind.WebSocket;
    }

    private sealed class LivenessProbeFeature : ILivenessProbeFeature
    {
        public static readonly LivenessProbeFeature Instance = new();
    }
}
