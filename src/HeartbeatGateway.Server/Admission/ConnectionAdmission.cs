using System.IO.Pipelines;
using System.Net;
using HeartbeatGateway.Server.Reconnects;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Protocol;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Admission;

/// <summary>
/// The way of a connection from its transport to its read loop: total and rate limits, PROXY header, limit of the address, the
/// books, and then whatever stands between, which is TLS.
/// </summary>
internal sealed class ConnectionAdmission(GatewayEngine engine, LogThrottle throttle)
{
    private readonly AdmissionGate _gate = new(engine.TimeProvider, engine.Memory);
    private readonly ProxyHeaderReader _proxyHeaders = new(engine);
    // A number and not a mark on each connection, which would take a hundred bytes of every client for as long as it lives.
    private int _pendingAccepts;

    /// <summary>Connections that have a place, those included of which the PROXY header is still read.</summary>
    public int Places => _gate.Places;

    // Those who find no descriptor left come again and again: one line a second tells it, with their number.
    private readonly LogThrottle _descriptorThrottle = new(engine.TimeProvider, burst: 1, perSecond: 1);

    /// <summary>Connections that a listener has announced and that have not come here yet.</summary>
    public int PendingAccepts => Volatile.Read(ref _pendingAccepts);

    /// <summary>A listener has accepted a connection, which comes here on a thread of its own.</summary>
    public void Announce() => Interlocked.Increment(ref _pendingAccepts);

    /// <summary>A connection has come here. Not every listener announces its connections.</summary>
    public void Arrived()
    {
        for (var before = PendingAccepts; before > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _pendingAccepts, before - 1, before);
            if (seen == before) return;
            before = seen;
        }
    }

    /// <summary>A connection's whole life, from its admission to its last trace. Never throws.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="next">What stands between admission and read loop; null for nothing.</param>
    public Task RunAsync(ConnectionContext transport, ConnectionDelegate? next)
    {
        if (transport.Features.Get<ILivenessProbeFeature>() is not null) return Open(transport, default, isCountedByAddress: false, isProbe: true).RunAsync();
        var settings = engine.Settings;
        var isIn = _gate.TryEnter(settings, out var above);
        if (above != Limits.None) engine.Limits.Spare(above & settings.Observed, $"{transport.RemoteEndPoint}");
        if (!isIn)
        {
            TurnAway(transport, ReasonOf(above & ~settings.Observed));
            return Task.CompletedTask;
        }

        return settings.IsTrustedProxy(transport.RemoteEndPoint) ? ReadProxyHeaderAsync(transport, settings, next) : EnterAsync(transport, settings, next);
    }

    /// <summary>Counts and tells that a connection was turned away before it was admitted.</summary>
    public void TurnedAway(EndPoint? remote, CloseReason reason)
    {
        engine.Metrics.ConnectionRejected(reason);
        if (reason == CloseReason.LimitDescriptors)
        {
            if (_descriptorThrottle.Allows()) engine.Logger.DescriptorsUsedUp(_descriptorThrottle.TakeSuppressed() + 1, remote, reason.ToWireName());
            return;
        }

        if (throttle.Allows()) engine.Logger.ConnectionRejected(remote, reason.ToWireName());
    }

    /// <summary>Gives back the place of a connection.</summary>
    public void Leave(GatewayConnection connection) => _gate.Leave(connection.Address, connection.IsCountedByAddress);

    private static CloseReason ReasonOf(Limits limit) => limit switch
    {
        Limits.Total => CloseReason.LimitTotal,
        Limits.Memory => CloseReason.LimitMemory,
        Limits.Rate => CloseReason.LimitRate,
        _ => throw new ArgumentOutOfRangeException(nameof(limit), limit, "This limit turns nobody away at the door."),
    };

    private void TurnAway(ConnectionContext transport, CloseReason reason)
    {
        TurnedAway(transport.RemoteEndPoint, reason);
        transport.Abort(new ConnectionAbortedException($"The connection was turned away: {reason.ToWireName()}."));
    }

    private async Task ReadProxyHeaderAsync(ConnectionContext transport, EngineSettings settings, ConnectionDelegate? next)
    {
        ProxyHeaderAnswer header;
        try
        {
            header = await _proxyHeaders.ReadAsync(transport, settings);
        }
        catch (Exception e)
        {
            // A fault of ours must not cost a place for good.
            header = ProxyHeaderAnswer.Ended(EndReasons.Of(e, engine.IsStopping)) with { Fault = e.ToString() };
        }

        if (header.Failure != CloseReason.None)
        {
            if (throttle.Allows()) engine.Logger.ProxyHeaderRefused(transport.RemoteEndPoint, header.Fault ?? header.Failure.ToWireName());
            var connection = Open(transport, AddressKey.From(transport.RemoteEndPoint), isCountedByAddress: false, isProbe: false);
            if (connection.End(header.Failure) && header.Failure == CloseReason.HandshakeTimeout) engine.Metrics.TimedOut(TimeoutKind.Handshake, TimeSpan.Zero);
            await ConnectionShutdown.RunAsync(connection, engine);
            return;
        }

        if (header.Source is { } source) transport.RemoteEndPoint = source;
        await EnterAsync(transport, settings, next);
    }

    private Task EnterAsync(ConnectionContext transport, EngineSettings settings, ConnectionDelegate? next)
    {
        var address = AddressKey.From(transport.RemoteEndPoint);
        var isIn = _gate.TryEnterAddress(address, settings, out var counted, out var isAbove);
        if (isAbove && isIn) engine.Limits.Spare(Limits.Address, $"{transport.RemoteEndPoint}");
        if (!isIn)
        {
            _gate.Leave(address, countedByAddress: false);
            TurnAway(transport, CloseReason.LimitAddress);
            return Task.CompletedTask;
        }

        var connection = Open(transport, address, counted, isProbe: false);
        // A connection without anything between costs no state machine for this method.
        return next is null ? connection.RunAsync() : RunThroughAsync(connection, next);
    }

    private GatewayConnection Open(ConnectionContext transport, AddressKey address, bool isCountedByAddress, bool isProbe)
    {
        var connection = new GatewayConnection(engine, transport, address, isProbe) { IsCountedByAddress = isCountedByAddress };
        if (!isProbe)
        {
            engine.Table.Add(connection);
            engine.Metrics.ConnectionOpened();
            engine.Logger.ConnectionOpened(connection.Id, connection.RemoteEndPoint);
        }

        engine.Wheel.Schedule(connection, engine.Heartbeats.Visit(connection, engine.Now));
        if (engine.IsStopping && !isProbe) connection.End(CloseReason.Shutdown);
        return connection;
    }

    private async Task RunThroughAsync(GatewayConnection connection, ConnectionDelegate next)
    {
        connection.Transport.Features.Set(connection);
        connection.Transport.Transport = new LayeredTransport(new LayerInput(connection.Transport.Transport.Input, connection, engine.TimeProvider), connection.Transport.Transport.Output);
        try
        {
            await next(connection.Transport);
        }
        catch (Exception e)
        {
            connection.EndBy(e);
        }

        if (connection.HasRun) return;
        // The layer did not let it through. An earlier cause, such as a timeout, stays.
        connection.EndLayer(connection.Transport.Features.Get<IHandshakeFaultFeature>()?.Fault ?? "the handshake did not succeed");
        await ConnectionShutdown.RunAsync(connection, engine);
    }

    private sealed record LayeredTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
