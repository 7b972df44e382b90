using System.IO.Pipelines;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Shared.Idle;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Admission;

/// <summary>Waits for the PROXY header of a connection from a trusted proxy. Where headers are optional, the first bytes tell whether there is one.</summary>
internal sealed class ProxyHeaderReader(EngineContext context, ProcessPauses pauses, TimerWheel wheel)
{
    // A proxy sends its header with the first packet; this limit holds also where the handshake has none.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(7);

    /// <summary>Until the next check, when the time is up but the process paused or bytes wait that were not read yet.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>One second of checks: the shortest pause of the process that counts as one.</summary>
    private static readonly int MaxPutOffs = (int)(TimerWheel.StallThreshold / CheckInterval);

    /// <param name="transport">The connection; nothing was read from it.</param>
    /// <param name="settings">The settings in force. A handshake timeout that is off or report-only does not extend the default.</param>
    /// <param name="isOptional">A connection that begins without a header is one of the proxy's own, or its client is named otherwise.</param>
    public async Task<ProxyHeaderAnswer> ReadAsync(ConnectionContext transport, EngineSettings settings, bool isOptional)
    {
        var timeout = LimitEnforcer.IsEnforced(LimitKind.HandshakeTimeout, settings) ? settings.HandshakeTimeout : 0;
        var input = transport.Transport.Input;
        // A peer that has not sent its header is not waited for when the gateway stops.
        using var stopping = context.Stopping.Token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), input);
        var began = context.Now;
        var putOffs = 0;
        var received = 0L;
        var limit = timeout == 0 ? DefaultTimeout : context.Elapsed(0, timeout);
        await using var waking = context.TimeProvider.CreateTimer(static state => ((PipeReader)state!).CancelPendingRead(), input, limit, CheckInterval);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(CancellationToken.None);
                var buffer = read.Buffer;
                received = buffer.Length;
                var isWhole = ProxyHeader.TryRead(ref buffer, out var answer);
                input.AdvanceTo(buffer.Start, isWhole ? buffer.Start : buffer.End);
                if (isWhole) return answer.IsMissing && isOptional ? ProxyHeaderAnswer.Unknown : answer;
                if (read.IsCompleted) return received == 0 ? ProxyHeaderAnswer.Ended(CloseReason.PeerClosed) : Incomplete(received);
                if (context.Stopping.IsSet) return ProxyHeaderAnswer.Ended(CloseReason.Shutdown);
                if (read.IsCanceled && IsOverdue(transport, began, limit, ref putOffs)) return ProxyHeaderAnswer.Ended(CloseReason.HandshakeTimeout);
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            return received == 0 ? ProxyHeaderAnswer.Ended(CloseReasonMapper.Of(e, isStopping: false)) : Incomplete(received);
        }
    }

    /// <summary>A peer that closes within its header is no health check: its proxy, or the path to it, is at fault.</summary>
    private static ProxyHeaderAnswer Incomplete(long received) => ProxyHeaderAnswer.Invalid($"the connection ended after {received} bytes of it");

    /// <summary>Bytes that wait to be read put the timeout off, for at most the length from which a pause of the process counts.</summary>
    private bool IsOverdue(ConnectionContext transport, long began, TimeSpan limit, ref int putOffs)
    {
        if (pauses.ElapsedSince(began, context) < limit || wheel.IsLate) return false;
        return putOffs++ >= MaxPutOffs || !SocketInspector.HasWaitingBytes(transport);
    }
}
