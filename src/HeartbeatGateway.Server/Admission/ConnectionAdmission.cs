using System.IO.Pipelines;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Admission;

/// <summary>
/// Leads a connection from its transport to its read loop: total, memory and rate limits, PROXY header, bans and limit of the address, the connection table, and
/// then the layer between, which is TLS.
/// </summary>
internal sealed class ConnectionAdmission(
    EngineContext context, AdmissionRules rules, AcceptControl accepts, ProxyHeaderReader proxyHeaders, ConnectionLifecycle lifecycle, ReadLoop readLoop,
    ConnectionShutdown shutdown)
{
    /// <summary>A connection's whole life, from its admission to its removal. Never throws.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="layer">The layer between admission and read loop; null for none.</param>
    public Task RunAsync(ConnectionContext transport, ConnectionDelegate? layer)
    {
        // A connection that passed admission and its layer.
        if (transport.Features.Get<GatewayConnection>() is { } admitted) return readLoop.RunAsync(admitted);
        var running = AdmitAsync(transport, layer);
        accepts.EndAccept();
        return running;
    }

    private Task AdmitAsync(ConnectionContext transport, ConnectionDelegate? layer)
    {
        if (transport.Features.Get<ILivenessProbeFeature>() is not null) return readLoop.RunAsync(lifecycle.Open(transport, default, isCountedByAddress: false, isProbe: true));
        if (context.Stopping.IsDraining)
        {
            // Before TLS and the limits: clients that retry while an operator drains the gateway cost as little as possible.
            Reject(transport, CloseReason.Draining);
            return Task.CompletedTask;
        }

        var settings = context.Settings;
        var refusal = rules.Enter(transport.RemoteEndPoint, settings);
        if (refusal != CloseReason.None)
        {
            Reject(transport, refusal);
            return Task.CompletedTask;
        }

        return settings.IsTrustedProxy(transport.RemoteEndPoint) ? ReadProxyHeaderAsync(transport, settings, layer) : EnterAsync(transport, settings, layer, ProbeKind.NoByte);
    }

    private void Reject(ConnectionContext transport, CloseReason reason)
    {
        accepts.Reject(transport.RemoteEndPoint, reason);
        transport.Abort(new ConnectionAbortedException($"The connection was rejected: {reason.ToWireName()}."));
    }

    private async Task ReadProxyHeaderAsync(ConnectionContext transport, EngineSettings settings, ConnectionDelegate? layer)
    {
        ProxyHeaderAnswer header;
        try
        {
            // A proxy of WebSockets names the client in the request, or in a PROXY header as well.
            header = await proxyHeaders.ReadAsync(transport, settings, isOptional: !settings.RequiresProxyHeader || IsWebSocket(transport));
        }
        catch (Exception e)
        {
            // A fault of the gateway must not cost a place permanently.
            header = ProxyHeaderAnswer.Ended(CloseReasonMapper.Of(e, context.Stopping.IsSet)) with { Fault = e.ToString() };
        }

        if (header.Failure != CloseReason.None)
        {
            // Without a fault the peer closed before the first byte of a header, as a health check does, or the gateway is stopping.
            var isProbe = header is { Fault: null, Failure: CloseReason.PeerClosed or CloseReason.PeerReset };
            var isRefused = !isProbe && header.Failure != CloseReason.Shutdown;
            if (isRefused && context.MayLog(LogLevel.Warning, LineKind.Refusal, AddressKey.From(transport.RemoteEndPoint))) context.Logger.ProxyHeaderRefused(transport.RemoteEndPoint, header.Fault ?? header.Failure.ToWireName());
            var connection = lifecycle.Open(transport, AddressKey.From(transport.RemoteEndPoint), isCountedByAddress: false, isProbe: false);
            connection.ProbeKind = isProbe ? ProbeKind.NoHeader : null;
            connection.Close(new CloseRequest(header.Failure));
            await shutdown.RunAsync(connection);
            return;
        }

        if (header.Source is { } source) transport.RemoteEndPoint = source;
        await EnterAsync(transport, settings, layer, header.Source is null ? ProbeKind.LocalHeader : ProbeKind.ClientHeader);
    }

    private Task EnterAsync(ConnectionContext transport, EngineSettings settings, ConnectionDelegate? layer, ProbeKind ifSilent)
    {
        var address = AddressKey.From(transport.RemoteEndPoint);
        // Behind a proxy of WebSockets the client is known only after its request.
        var isForwarded = IsWebSocket(transport) && settings.IsTrustedProxy(transport.RemoteEndPoint);
        var isCounted = false;
        var refusal = isForwarded ? CloseReason.None : rules.EnterAddress(transport.RemoteEndPoint, address, settings, out isCounted);
        if (refusal != CloseReason.None)
        {
            Reject(transport, refusal);
            return Task.CompletedTask;
        }

        var connection = lifecycle.Open(transport, address, isCounted, isProbe: false);
        rules.CheckOpened(connection);
        connection.ProbeKind = ifSilent;
        if (isForwarded) transport.Features.Set<IForwardedClientFeature>(new ForwardedClient(connection, context, settings, rules, accepts));
        // A connection without a layer costs no state machine for this method.
        return layer is null ? readLoop.RunAsync(connection) : RunThroughAsync(connection, layer);
    }

    private async Task RunThroughAsync(GatewayConnection connection, ConnectionDelegate layer)
    {
        var transport = connection.Transport;
        var input = new LayerInput(transport.Transport.Input, connection, context.TimeProvider);
        transport.Features.Set(connection);
        transport.Features.Set<IGatewayConnectionFeature>(connection);
        transport.Transport = new LayeredTransport(input, transport.Transport.Output);
        try
        {
            await layer(transport);
        }
        catch (Exception e)
        {
            connection.CloseBy(e);
        }

        if (connection.HasRun) return;
        // The layer did not let it through. An earlier cause, such as a timeout, stays.
        // A peer that closes without a byte, such as a health check of a load balancer, has not failed a handshake.
        connection.Close(input.HasReadBytes
            ? new CloseRequest(CloseReason.TlsFailed) { Detail = transport.Features.Get<IHandshakeFaultFeature>()?.Fault ?? "the handshake did not succeed" }
            : new CloseRequest(CloseReason.PeerClosed));
        await shutdown.RunAsync(connection);
    }

    private static bool IsWebSocket(ConnectionContext transport) => transport.Features.Get<ITransportKindFeature>()?.Kind == TransportKind.WebSocket;

    private sealed record LayeredTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
