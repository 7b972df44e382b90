using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>Accepts clients, tells the liveness probe from them, and turns away who would take the descriptors that the process needs for itself.</summary>
internal sealed class GatewayListener(
    Socket socket, Func<Socket, ConnectionContext> connect, GatewayEngine engine, EmergencyDescriptors reserve, TimeProvider timeProvider, ILogger logger)
    : ResilientSocketListener(socket, connect, reserve, timeProvider, logger)
{
    private static readonly TimeSpan ProbesAreExpectedFor = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<EndPoint, long> _probes = new();
    private readonly TimeProvider _timeProvider = timeProvider;

    /// <summary>
    /// Says that the next connection from this end point is the liveness probe's, however long it takes until it is accepted: a
    /// probe that has given up must not be taken for a client afterwards.
    /// </summary>
    public void Expect(EndPoint probe)
    {
        foreach (var (forgotten, _) in _probes.Where(p => _timeProvider.GetElapsedTime(p.Value) > ProbesAreExpectedFor)) _probes.TryRemove(forgotten, out _);
        _probes[probe] = _timeProvider.GetTimestamp();
    }

    protected override bool LetIn(Socket accepted)
    {
        if (engine.Accepts.IsOutOfDescriptors && !IsExpected(accepted))
        {
            // Here and not in the engine: a burst must not pile up sockets that wait to be turned away.
            engine.Accepts.RejectForDescriptors(accepted.RemoteEndPoint);
            accepted.Close(timeout: 0);
            return false;
        }

        engine.Accepts.BeginAccept();
        return true;
    }

    protected override ConnectionContext Connect(Socket accepted)
    {
        var isProbe = IsExpected(accepted) && _probes.TryRemove(accepted.RemoteEndPoint!, out _);
        var connection = base.Connect(accepted);
        if (isProbe) connection.Features.Set<ILivenessProbeFeature>(LivenessProbeFeature.Instance);
        return connection;
    }

    protected override void Lose(Socket accepted)
    {
        base.Lose(accepted);
        engine.Accepts.EndAccept();
    }

    private bool IsExpected(Socket accepted) => !_probes.IsEmpty && accepted.RemoteEndPoint is { } remote && _probes.ContainsKey(remote);

    private sealed class LivenessProbeFeature : ILivenessProbeFeature
    {
        public static readonly LivenessProbeFeature Instance = new();
    }
}
