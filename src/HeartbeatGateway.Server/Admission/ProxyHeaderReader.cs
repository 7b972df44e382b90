using System.IO.Pipelines;
using HeartbeatGateway.Server.Heartbeats;
using HeartbeatGateway.Protocol;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Admission;

/// <summary>Waits for the PROXY header of a connection that comes from a trusted proxy.</summary>
internal sealed class ProxyHeaderReader(GatewayEngine engine)
{
    // A proxy sends its header with the first packet; a limit there must be, also where the handshake has none.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(7);

    /// <summary>Until the next look, when time is up but the process stood still or bytes are there that it has not come to.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    /// <param name="transport">The connection; nothing has been read from it.</param>
    /// <param name="settings">The settings in force. A handshake timeout that is off, or only watched, does not make a header be waited for any longer than the default.</param>
    public async Task<ProxyHeaderAnswer> ReadAsync(ConnectionContext transport, EngineSettings settings)
    {
        var timeout = settings.Observed.HasFlag(Limits.HandshakeTimeout) ? 0 : settings.HandshakeTimeout;
        var input = transport.Transport.Input;
        // Who has not even said for whom it speaks is not waited for when the gateway stops.
        using var leaving = engine.StoppingToken.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), input);
        var began = engine.Now;
        var limit = timeout == 0 ? DefaultTimeout : engine.TimeProvider.GetElapsedTime(0, timeout);
        await using var waking = engine.TimeProvider.CreateTimer(static state => ((PipeReader)state!).CancelPendingRead(), input, limit, LookAgain);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(CancellationToken.None);
                var buffer = read.Buffer;
                var isWhole = ProxyHeader.TryRead(ref buffer, out var answer);
                input.AdvanceTo(buffer.Start, isWhole ? buffer.Start : buffer.End);
                if (isWhole) return answer;
                if (read.IsCompleted) return ProxyHeaderAnswer.Ended(buffer.IsEmpty ? CloseReason.PeerClosed : CloseReason.Truncated);
                if (engine.IsStopping) return ProxyHeaderAnswer.Ended(CloseReason.Shutdown);
                var overdue = engine.UnstalledTimeSince(began) - limit;
                if (read.IsCanceled && overdue >= TimeSpan.Zero && !engine.Wheel.IsLate && (overdue >= TimerWheel.StallThreshold || !SocketInspector.HasWaitingBytes(transport)))
                {
                    return ProxyHeaderAnswer.Ended(CloseReason.HandshakeTimeout);
                }
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            return ProxyHeaderAnswer.Ended(EndReasons.Of(e, isStopping: false));
        }
    }
}
