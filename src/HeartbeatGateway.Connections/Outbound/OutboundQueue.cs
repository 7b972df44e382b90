using System.Buffers;
using System.IO.Pipelines;

namespace HeartbeatGateway.Connections.Outbound;

/// <summary>
/// Everything that goes out on one connection, in one order: answers, pushes and the last frame never interleave. Nobody
/// waits here: a frame is taken, or refused because too much waits already. One flush is under way at most; whoever finds
/// none under way starts it on his own thread, and frames that come meanwhile wait in the queue.
/// </summary>
internal sealed class OutboundQueue(IOutboundOwner owner, PipeWriter writer)
{
    // What is handed to the transport at a time while a backlog is worked off: progress shows at this grain.
    private const int ChunkBytes = 16 * 1024;

    private Queue<ReadOnlyMemory<byte>>? _waiting;
    private TaskCompletionSource? _sent;
    private BlockedWrite? _blocked;
    private int _pending;
    private int _inTransport;
    private int _framesInTransport;
    private bool _flushing;
    private bool _ended;

    private object Gate => this;

    /// <summary>Bytes accepted and not yet taken by the transport.</summary>
    public int PendingBytes => Volatile.Read(ref _pending);

    /// <summary>The write that the transport has not taken yet; null while none is.</summary>
    public BlockedWrite? Blocked => Volatile.Read(ref _blocked);

    /// <summary>Takes a frame, without sending it yet.</summary>
    /// <param name="frame">An encoded frame; must not change afterwards.</param>
    /// <param name="maxPendingBytes">The bound: a frame that would exceed it is refused.</param>
    public OutboundResult TryWrite(ReadOnlyMemory<byte> frame, int maxPendingBytes)
    {
        lock (Gate)
        {
            if (_ended) return OutboundResult.Ended;
            if (_pending + (long)frame.Length > maxPendingBytes) return OutboundResult.Full;
            _pending += frame.Length;
            if (_flushing) (_waiting ??= new Queue<ReadOnlyMemory<byte>>()).Enqueue(frame);
            else WriteToTransport(frame);
            return OutboundResult.Accepted;
        }
    }

    /// <summary>Sends what was taken, unless a flush is under way, which then sends it too.</summary>
    public void Flush(long now)
    {
        lock (Gate)
        {
            if (_flushing || _ended || _inTransport == 0) return;
            _flushing = true;
        }

        do
        {
            ValueTask<FlushResult> flush;
            try
            {
                flush = writer.FlushAsync();
            }
            catch (Exception e)
            {
                Fail(e);
                return;
            }

            if (!flush.IsCompletedSuccessfully)
            {
                _ = FinishFlushAsync(flush, now);
                return;
            }

            if (!Settle(flush.Result, now)) return;
        }
        while (true);
    }

    /// <summary>Completes when nothing waits any more, or when nothing more will be sent.</summary>
    public Task WhenSent()
    {
        lock (Gate)
        {
            if (_ended || _pending == 0) return Task.CompletedTask;
            return (_sent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Takes no more frames and forgets those that wait.</summary>
    public void End()
    {
        TaskCompletionSource? sent;
        int forgotten;
        lock (Gate)
        {
            forgotten = EndLocked();
            (sent, _sent) = (_sent, null);
        }

        sent?.SetResult();
        if (forgotten > 0) owner.FramesDropped(forgotten);
    }

    /// <summary>Notes what was seen of a blocked write, unless it has been taken meanwhile.</summary>
    public void Observed(BlockedWrite blocked)
    {
        lock (Gate)
        {
            if (_blocked is not null) Volatile.Write(ref _blocked, blocked);
        }
    }

    private async Task FinishFlushAsync(ValueTask<FlushResult> flush, long now)
    {
        try
        {
            do
            {
                if (!flush.IsCompleted)
                {
                    lock (Gate)
                    {
                        if (!_ended) Volatile.Write(ref _blocked, new BlockedWrite(now, null));
                    }

                    owner.WriteBlocked();
                }

                var result = await flush;
                now = owner.Now;
                if (!Settle(result, now)) return;
                flush = writer.FlushAsync();
            }
            while (true);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Accounts for a finished flush and hands the next chunk to the transport.</summary>
    /// <returns>True when there is something to flush again.</returns>
    private bool Settle(FlushResult result, long now)
    {
        TaskCompletionSource? sent = null;
        var taken = 0;
        var forgotten = 0;
        var again = false;
        lock (Gate)
        {
            if (_ended || result.IsCompleted)
            {
                // The transport takes no more; the read side tells why.
                _flushing = false;
                forgotten = EndLocked();
                (sent, _sent) = (_sent, null);
            }
            else
            {
                taken = _inTransport;
                _inTransport = _framesInTransport = 0;
                _pending -= taken;
                Volatile.Write(ref _blocked, null);
                while (_inTransport < ChunkBytes && _waiting is { Count: > 0 }) WriteToTransport(_waiting.Dequeue());
                again = _flushing = _inTransport > 0;
                if (!again) (sent, _sent) = (_sent, null);
            }
        }

        if (taken > 0) owner.BytesTaken(taken, now);
        if (forgotten > 0) owner.FramesDropped(forgotten);
        sent?.SetResult();
        return again;
    }

    private void Fail(Exception e)
    {
        End();
        owner.WriteFailed(e);
    }

    private void WriteToTransport(ReadOnlyMemory<byte> frame)
    {
        writer.Write(frame.Span);
        _inTransport += frame.Length;
        _framesInTransport++;
    }

    /// <returns>How many frames were given up; those that the transport holds and has not sent are among them.</returns>
    private int EndLocked()
    {
        var forgotten = (_waiting?.Count ?? 0) + _framesInTransport;
        _ended = true;
        _waiting = null;
        _pending = _inTransport = _framesInTransport = 0;
        Volatile.Write(ref _blocked, null);
        return forgotten;
    }
}
