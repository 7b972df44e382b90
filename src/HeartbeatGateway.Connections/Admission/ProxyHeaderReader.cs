using System.IO.Pipelines;
using HeartbeatGateway.Protocol;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Connections.Admission;

/// <summary>Waits for the PROXY header of a connection that comes from a trusted proxy.</summary>
internal sealed class ProxyHeaderReader(TimeProvider timeProvider)
{
    // A proxy sends its header with the first packet; a limit there must be, also where the handshake has none.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(7);

    /// <param name="transport">The connection; nothing has been read from it.</param>
    /// <param name="timeout">In timestamp units; 0 for the default.</param>
    /// <param name="stopping">The gateway stops, and waits for nobody who has not even said for whom it speaks.</param>
    public async Task<ProxyHeaderAnswer> ReadAsync(ConnectionContext transport, long timeout, CancellationToken stopping)
    {
        var input = transport.Transport.Input;
        using var leaving = stopping.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), input);
        using var patience = new CancellationTokenSource(timeout == 0 ? DefaultTimeout : timeProvider.GetElapsedTime(0, timeout), timeProvider);
        using var waking = patience.Token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), input);
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
                if (stopping.IsCancellationRequested) return ProxyHeaderAnswer.Ended(CloseReason.Shutdown);
                if (patience.IsCancellationRequested) return ProxyHeaderAnswer.Ended(CloseReason.HandshakeTimeout);
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            return ProxyHeaderAnswer.Ended(EndReasons.Of(e, isStopping: false));
        }
    }
}
