using System.Buffers;
using System.IO.Pipelines;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Timeouts;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// The one read loop of a connection: read, record the timestamp, cut frames, handle each, flush once. After a planned close it goes on until the peer
/// closes too, while the last bytes are sent. All state is on the connection, so one instance serves all connections.
/// </summary>
internal sealed class ReadLoop(EngineContext context, IFrameHandler frames, LimitEnforcer limits, TimerWheel wheel, ConnectionShutdown shutdown)
{
    /// <summary>Bytes of answers that may wait for a client that does not read, before the gateway stops reading from it.</summary>
    private const int MaxPendingAnswerBytes = 32 * 1024;

    /// <summary>Reads until the connection ends, for whatever reason, then shuts it down. Never throws.</summary>
    public async Task RunAsync(GatewayConnection connection)
    {
        connection.BeginReading();
        Task<bool>? sending = null;
        try
        {
            while (connection.IsReading)
            {
                if (connection.HasEnded) sending ??= shutdown.SendLastAsync(connection);
                var wait = Receive(connection, await connection.Transport.Transport.Input.ReadAsync());
                if (!wait.IsCompletedSuccessfully) await PauseAsync(connection, wait);
                if (connection.Budget.IsSpent) await YieldAsync(connection);
            }
        }
        catch (OperationCanceledException) when (!connection.IsReading)
        {
            // The wait for a full sink or for unsent answers was cancelled by the close, which has its reason already.
        }
        catch (Exception e)
        {
            connection.CloseBy(e);
        }

        await shutdown.RunAsync(connection, sending);
    }

    /// <summary>Processes what was read. Completes at once unless the sink is full or too many answers wait.</summary>
    private ValueTask Receive(GatewayConnection connection, ReadResult read)
    {
        var input = connection.Transport.Transport.Input;
        if (!connection.IsReading)
        {
            // The shutdown may read on, so this read must be finished.
            input.AdvanceTo(read.Buffer.End);
            return default;
        }

        ref var buffer = ref connection.Frames;
        var now = context.Now;
        CountBytes(connection, buffer.CountNew(read.Buffer), now);
        var settings = context.Settings;
        var mostHeld = FrameFormat.HeaderLength + MaxContentOf(connection, settings);
        var rest = buffer.Open(read.Buffer, mostHeld);
        var wait = ReadFrames(connection, ref rest, settings, now, read.IsCompleted, out var stopped);
        var hasPartial = !rest.IsEmpty && !stopped;
        if (hasPartial) NotePartial(connection, rest, settings, now);
        var truncated = read.IsCompleted && hasPartial ? CloseDetails.Truncated(rest.Length, buffer.Partial.DeclaredLength) : null;
        var hasMore = buffer.Close(input, read.Buffer, rest, !connection.IsConnected, stopped, mostHeld);
        frames.EndRead(connection);
        connection.Outbound.Flush(now);
        if (read.IsCompleted && !hasMore) connection.Close(new CloseRequest(hasPartial ? CloseReason.Truncated : CloseReason.PeerClosed) { Detail = truncated });
        return wait;
    }

    private void CountBytes(GatewayConnection connection, long bytes, long now)
    {
        if (bytes <= 0) return;
        if (!connection.HasEnded) connection.Idle.OnRead(now);
        connection.BytesRead += bytes;
        connection.Budget.Note(bytes, now, context.TimeProvider);
        connection.Metrics.BytesRead(bytes);
    }

    private ValueTask ReadFrames(
        GatewayConnection connection, ref ReadOnlySequence<byte> buffer, EngineSettings settings, long now, bool isLast, out bool stopped)
    {
        stopped = false;
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var unixSeconds = context.UnixSeconds;
        var outbound = connection.Outbound;
        // Answers are held back before the bound of pending bytes: they are never dropped for their own number.
        var pauseAt = Math.Min(MaxPendingAnswerBytes, settings.MaxPendingBytes / 2);
        if (settings.Resync == FrameResync.Scan && !connection.IsConnected)
        {
            // Scanning for the next frame would skip the PROXY header of an untrusted proxy, and take the proxy for its client.
            if (ProxySignature.IsStart(buffer)) connection.Close(new CloseRequest(CloseReason.ProxyInvalid));
            else if (!isLast && ProxySignature.IsLikely(buffer)) return default;
        }

        while (connection.IsReading)
        {
            var status = connection.Frames.TryRead(ref buffer, scratch, MaxContentOf(connection, settings), settings.Resync, out var frame);
            if (status == FrameReadStatus.Incomplete) break;
            if (status != FrameReadStatus.Complete)
            {
                connection.Close(FrameFaults.Of(status, buffer, connection.IsConnected, MaxContentOf(connection, settings), settings.MaxContentBytes));
                break;
            }

            if (!connection.IsConnected && frame.Content.Length > settings.MaxFirstContentBytes) limits.ReportViolation(LimitKind.FirstContent, connection);
            var wait = frames.Handle(connection, frame, settings, now, unixSeconds);
            // No frame is sent behind the last one, so after a planned close no answer waits for room either.
            var isAnswering = !connection.HasEnded;
            if (frame.Kind == FrameKind.Ping && isAnswering)
            {
                frames.HandleRepeats(connection, frame, ref buffer, settings, outbound.Room(pauseAt, settings.MaxPendingBytes) / FrameFormat.HeaderLength);
            }

            if (wait.IsCompletedSuccessfully)
            {
                if (connection.Budget.IsOvercharged)
                {
                    stopped = true;
                    return default;
                }

                if (!isAnswering || outbound.PendingAnswerBytes < pauseAt) continue;
                outbound.Flush(now);
                if (outbound.PendingAnswerBytes < pauseAt) continue;
                wait = new ValueTask(outbound.WhenAnswersSent());
            }

            stopped = true;
            return wait;
        }

        return default;
    }

    /// <summary>A frame has begun to arrive: its timeout starts, and its declared length is checked against limits once.</summary>
    private void NotePartial(GatewayConnection connection, in ReadOnlySequence<byte> rest, EngineSettings settings, long now)
    {
        ref var buffer = ref connection.Frames;
        var declaredBefore = buffer.Partial.DeclaredLength;
        if (buffer.NotePartial(rest, now) && settings.FrameTimeout > 0) wheel.Schedule(connection, now + settings.FrameTimeout);
        if (declaredBefore > 0 || !connection.IsReading || buffer.Partial.DeclaredLength <= settings.MaxFirstContentBytes) return;
        // A large frame needs a client that is known, and memory.
        if (!connection.IsConnected) limits.ReportViolation(LimitKind.FirstContent, connection);
        if (!limits.IsMemoryExceeded(settings)) return;
        if (LimitEnforcer.IsEnforced(LimitKind.Memory, settings)) connection.Close(new CloseRequest(CloseReason.LimitMemory) { Detail = CloseDetails.Memory(buffer.Partial.DeclaredLength) });
        else limits.ReportViolation(LimitKind.Memory, connection);
    }

    /// <summary>What the welcome announced holds for the whole connection, whatever the settings become.</summary>
    private static int MaxContentOf(GatewayConnection connection, EngineSettings settings) =>
        Math.Max(settings.MaxContentBytesOf(connection.IsConnected), connection.Session?.MaxContentBytes ?? 0);

    private static async Task PauseAsync(GatewayConnection connection, ValueTask wait)
    {
        connection.Pause();
        try
        {
            await wait;
        }
        finally
        {
            connection.Resume();
        }
    }

    private static async Task YieldAsync(GatewayConnection connection)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        connection.Budget.Renew();
    }
}
