using System.IO.Pipelines;
using System.Net.Sockets;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HeartbeatGateway.WebSockets;

/// <summary>
/// WebSockets, as connection middleware between admission, or TLS, and the read loop: it answers the one HTTP request of a connection, then hands out the bytes
/// of its binary messages. The engine's limits and its handshake timeout hold from the accept on, as for TCP.
/// </summary>
internal sealed class WebSocketLayer(ServiceOptions start, OptionsInForce options, TimeProvider timeProvider)
{
    /// <summary>How long a refused peer may take to read its answer and close.</summary>
    private static readonly TimeSpan RefusalGrace = TimeSpan.FromSeconds(1);

    private readonly string _path = start.WebSocket.Path;

    public void Use(ListenOptions endpoint) => endpoint.Use(next => connection => RunAsync(connection, next));

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!await UpgradeAsync(connection))
        {
            // The read loop names the end, as on TCP: a health check is no failure.
            await next(connection);
            return;
        }

        var below = connection.Transport;
        var transport = new WebSocketTransport(connection);
        connection.Features.Set<ITransportShutdownFeature>(transport);
        connection.Transport = transport;
        try
        {
            await next(connection);
        }
        finally
        {
            // Back to the pipes below, which the layer below or the transport's owner closes.
            connection.Transport = below;
            await transport.CompleteAsync(timeProvider);
        }
    }

    /// <returns>False when the peer has closed before its first byte.</returns>
    /// <exception cref="TransportViolationException">The request was refused, and answered.</exception>
    private async Task<bool> UpgradeAsync(ConnectionContext connection)
    {
        var (request, refusal) = await UpgradeReader.ReadAsync(connection.Transport.Input);
        if (request is null && refusal is null) return false;
        if (request is not null) refusal = UpgradeDecision.FindRefusal(request, options.Value, _path) ?? FindAddressRefusal(connection, request);
        if (refusal is not null)
        {
            // A banned address gets no answer, as on TCP: its connection has ended already.
            if (connection.Features.Get<IGatewayConnectionFeature>() is not { Reason: not CloseReason.None }) await RefuseAsync(connection, refusal);
            throw new TransportViolationException(refusal.Detail);
        }

        await connection.Transport.Output.WriteAsync(UpgradeDecision.Accept(request!.Key));
        return true;
    }

    private static UpgradeRefusal? FindAddressRefusal(ConnectionContext connection, UpgradeRequest request)
    {
        // Without a trusted proxy, X-Forwarded-For is the peer's own claim.
        if (connection.Features.Get<IForwardedClientFeature>() is not { } forwarded) return null;
        connection.Features.Set<IForwardedClientFeature>(null);
        return forwarded.TryEnter(ForwardedFor.FindClient(request.ForwardedFor, forwarded.IsTrustedProxy)) ? null : UpgradeRefusal.AddressLimit;
    }

    /// <summary>
    /// Answers, and closes as the peer can read the answer: a socket that is closed with unread input answers with a reset, which destroys what the peer has
    /// not read yet.
    /// </summary>
    private async Task RefuseAsync(ConnectionContext connection, UpgradeRefusal refusal)
    {
        var input = connection.Transport.Input;
        try
        {
            await connection.Transport.Output.WriteAsync(refusal.Response);
            if (connection.Features.Get<ITransportShutdownFeature>() is { } tls) await tls.ShutdownSendAsync();
            if (connection.Features.Get<ITransportInfoFeature>() is { } transport) transport.ShutdownSend();
            else connection.Features.Get<IConnectionSocketFeature>()?.Socket.Shutdown(SocketShutdown.Send);
            using var timeout = new CancellationTokenSource(RefusalGrace, timeProvider);
            using var waking = timeout.Token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), input);
            ReadResult read;
            do
            {
                read = await input.ReadAsync();
                input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted && !timeout.IsCancellationRequested);
        }
        catch (Exception e) when (e is IOException or SocketException or ConnectionAbortedException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer has closed without an orderly end; the refusal is what is reported.
        }
    }
}
