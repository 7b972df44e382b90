using System.IO.Pipelines;
using System.Net.Sockets;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Connection;

/// <summary>What happens after a connection was closed: its last bytes are sent, the peer's end is waited for, then it is removed.</summary>
internal sealed class ConnectionShutdown(EngineContext context, ConnectionLifecycle lifecycle)
{
    private static readonly TimeSpan Grace = ConnectionTimeouts.CloseGrace;

    /// <param name="connection">The connection, which no other task reads from any more.</param>
    /// <param name="sending">What <see cref="SendLastAsync"/> returned, if the last bytes are being sent already.</param>
    public async Task RunAsync(GatewayConnection connection, Task<bool>? sending = null)
    {
        try
        {
            var pending = connection.Outbound.PendingBytes;
            if (!await (sending ?? SendLastAsync(connection)))
            {
                connection.Transport.Abort(new ConnectionAbortedException($"The connection ended ({connection.Reason.ToWireName()}) with {pending} bytes that the peer did not take."));
            }
            else if (connection.HasLastFrame)
            {
                await LingerAsync(connection);
            }
            else if (connection.HasRun && connection.Reason != CloseReason.PeerReset)
            {
                await ShutdownLayerAsync(connection.Transport);
            }
        }
        catch (Exception e)
        {
            context.Logger.ConnectionFailed(e, connection.Id, connection.RemoteEndPoint);
        }
        finally
        {
            lifecycle.Closed(connection);
        }
    }

    /// <summary>Sends what is pending. If a last frame is part of it, the sending side is shut down behind it. Never throws.</summary>
    /// <returns>False when the peer did not take all bytes in time.</returns>
    public async Task<bool> SendLastAsync(GatewayConnection connection)
    {
        if (!await SendRestAsync(connection)) return false;
        if (!connection.HasLastFrame) return true;
        try
        {
            await ShutdownLayerAsync(connection.Transport);
            SocketInspector.ShutdownSend(connection.Transport);
        }
        catch (Exception e) when (e is IOException or SocketException or ConnectionAbortedException or ObjectDisposedException)
        {
            // The peer has closed without an orderly end; it has read what it wanted to read.
        }

        return true;
    }

    private async Task<bool> SendRestAsync(GatewayConnection connection)
    {
        if (connection.Outbound.PendingBytes == 0) return true;
        // A peer that took no byte for the write timeout, or has reset the connection, is not waited for again.
        if (connection.Reason is CloseReason.SlowConsumer or CloseReason.PeerReset) return false;
        try
        {
            connection.Outbound.Flush(context.Now);
            await connection.Outbound.WhenSent().WaitAsync(Grace, context.TimeProvider);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// A socket that is closed with unread input answers with a reset, which destroys what the peer has not read yet. So the sending side was shut
    /// down first, and input is read and thrown away until the peer has closed too.
    /// </summary>
    private async Task LingerAsync(GatewayConnection connection)
    {
        // After a planned close this time has begun: frames were delivered in it.
        var left = connection.HasReadOn ? Grace - context.Elapsed(connection.EndedAt, context.Now) : Grace;
        if (left <= TimeSpan.Zero) return;
        var input = connection.Transport.Transport.Input;
        try
        {
            using var timeout = new CancellationTokenSource(left, context.TimeProvider);
            using var waking = timeout.Token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), input);
            ReadResult read;
            do
            {
                read = await input.ReadAsync();
                input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted && !timeout.IsCancellationRequested);
        }
        catch (Exception e) when (e is IOException or SocketException or ConnectionAbortedException or ObjectDisposedException)
        {
            // The peer has closed without an orderly end; it has read what it wanted to read.
        }
    }

    /// <summary>TLS has its own end of stream (close_notify): with a FIN alone, the peer cannot distinguish the end from a truncation attack.</summary>
    private async Task ShutdownLayerAsync(ConnectionContext transport)
    {
        if (transport.Features.Get<ITransportShutdownFeature>() is not { } layer) return;
        try
        {
            await layer.ShutdownSendAsync().AsTask().WaitAsync(Grace, context.TimeProvider);
        }
        catch (Exception e) when (e is IOException or SocketException or ConnectionAbortedException or ObjectDisposedException or InvalidOperationException or TimeoutException)
        {
            // The peer has closed already, or takes no more bytes; closing the socket ends the connection for it.
        }
    }
}
