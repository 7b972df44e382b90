using System.IO.Pipelines;
using System.Net.Sockets;
using HeartbeatGateway.Server.Heartbeats;
using HeartbeatGateway.Protocol;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server;

/// <summary>What happens between a connection's end and its last trace: the last bytes go out, then it is taken off the books.</summary>
internal static class ConnectionShutdown
{
    /// <summary>How long unsent frames, and after them the peer's goodbye, are waited for.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(GatewayConnection connection, GatewayEngine engine)
    {
        try
        {
            var pending = connection.Outbound.PendingBytes;
            var sent = await SendRestAsync(connection, engine.TimeProvider);
            if (!sent) connection.Transport.Abort(new ConnectionAbortedException($"The connection ended ({connection.Reason.ToWireName()}) with {pending} bytes that the peer did not take."));
            else if (connection.HasLastFrame) await LingerAsync(connection.Transport, engine.TimeProvider);
            else if (connection.HasRun && connection.Reason != CloseReason.PeerReset) await SayGoodbyeAsync(connection.Transport, engine.TimeProvider);
        }
        catch (Exception e)
        {
            engine.Logger.ConnectionFailed(e, connection.Id, connection.RemoteEndPoint);
        }
        finally
        {
            engine.Leave(connection);
        }
    }

    private static async Task<bool> SendRestAsync(GatewayConnection connection, TimeProvider timeProvider)
    {
        if (connection.Outbound.PendingBytes == 0) return true;
        // Who has not taken a byte for the write timeout, or is gone, is not waited for again.
        if (connection.Reason is CloseReason.SlowConsumer or CloseReason.PeerReset) return false;
        try
        {
            connection.Outbound.Flush(connection.Now);
            await connection.Outbound.WhenSent().WaitAsync(Grace, timeProvider);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// A socket that is closed with unread input answers with a reset, and a reset destroys what the peer has not read yet: say
    /// that nothing more comes, then read until the peer has closed too.
    /// </summary>
    private static async Task LingerAsync(ConnectionContext transport, TimeProvider timeProvider)
    {
        var input = transport.Transport.Input;
        try
        {
            await SayGoodbyeAsync(transport, timeProvider);
            SocketInspector.SocketOf(transport)?.Shutdown(SocketShutdown.Send);
            using var patience = new CancellationTokenSource(Grace, timeProvider);
            using var waking = patience.Token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), input);
            ReadResult read;
            do
            {
                read = await input.ReadAsync();
                input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted && !patience.IsCancellationRequested);
        }
        catch (Exception e) when (e is IOException or SocketException or ConnectionAbortedException or ObjectDisposedException)
        {
            // The peer has closed in its own way; what it was to read, it has read or does not want.
        }
    }

    /// <summary>A peer that speaks TLS is told the end in its own words: it could not tell a mere FIN from an attack that cuts the stream.</summary>
    private static async Task SayGoodbyeAsync(ConnectionContext transport, TimeProvider timeProvider)
    {
        if (transport.Features.Get<ITransportShutdownFeature>() is not { } layer) return;
        try
        {
            await layer.ShutdownSendAsync().AsTask().WaitAsync(Grace, timeProvider);
        }
        catch (Exception e) when (e is IOException or SocketException or ConnectionAbortedException or ObjectDisposedException or InvalidOperationException or TimeoutException)
        {
            // The peer is gone already, or takes nothing any more; the end of the socket tells it the rest.
        }
    }
}
