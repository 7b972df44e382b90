namespace HeartbeatGateway.Protocol.Heartbeats;

/// <summary>
/// When a connection last read and wrote, and which silence is due: the semantics of Netty's <c>IdleStateHandler</c> as a pure
/// function of timestamps. Reading and writing cost one store each; events repeat every limit while the silence lasts.
/// Readers and writers may record from other threads than the one that checks; only one thread checks.
/// </summary>
public struct IdleState
{
    private long _lastRead;
    private long _lastWrite;
    private long _lastReaderEvent;
    private long _lastWriterEvent;
    private long _lastAllEvent;

    /// <summary>Starts every clock.</summary>
    /// <param name="now">The current timestamp.</param>
    public IdleState(long now)
    {
        _lastRead = _lastWrite = now;
        _lastReaderEvent = _lastWriterEvent = _lastAllEvent = long.MinValue;
    }

    /// <summary>Timestamp of the last byte read; of the start while there was none.</summary>
    public readonly long LastRead => Volatile.Read(in _lastRead);

    /// <summary>Timestamp of the last byte written; of the start while there was none.</summary>
    public readonly long LastWrite => Volatile.Read(in _lastWrite);

    /// <summary>Bytes were read: one is enough, a frame need not be complete (Netty's <c>reading</c>).</summary>
    public void OnRead(long now) => Volatile.Write(ref _lastRead, now);

    /// <summary>
    /// The peer's silence up to now is not its own: nobody read what it sent. The next reader or all event is due a limit from now;
    /// <see cref="LastRead"/> stays what it is.
    /// </summary>
    public void RestartReader(long now)
    {
        Volatile.Write(ref _lastReaderEvent, now);
        Volatile.Write(ref _lastAllEvent, now);
    }

    /// <summary>Bytes were taken by the network; a slow write that makes progress is not idle (Netty's <c>observeOutput</c>).</summary>
    public void OnWrite(long now) => Volatile.Write(ref _lastWrite, now);

    /// <summary>
    /// Finds a silence that has reached its limit, never before the limit, and notes its event, so that the next one is due a
    /// limit later. Call again until no event is returned.
    /// </summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="limits">The limits in force; they may change between calls.</param>
    /// <param name="stalls">Pauses of this process, which do not count as silence.</param>
    /// <param name="reading">True while a read is being worked on: then the reader cannot be idle.</param>
    public IdleCheck Check(long now, in IdleLimits limits, ProcessPauses stalls, bool reading = false)
    {
        ArgumentNullException.ThrowIfNull(stalls);
        var (lastRead, lastWrite) = (LastRead, LastWrite);
        var next = long.MaxValue;
        if (IsDue(lastRead, ref _lastReaderEvent, limits.Reader, reading, now, stalls, ref next, out var first, out var deadline))
        {
            return new IdleCheck(IdleKind.Reader, first, deadline);
        }

        if (IsDue(lastWrite, ref _lastWriterEvent, limits.Writer, busy: false, now, stalls, ref next, out first, out deadline))
        {
            return new IdleCheck(IdleKind.Writer, first, deadline);
        }

        return IsDue(Math.Max(lastRead, lastWrite), ref _lastAllEvent, limits.All, reading, now, stalls, ref next, out first, out deadline)
            ? new IdleCheck(IdleKind.All, first, deadline)
            : new IdleCheck(null, false, next);
    }

    private static bool IsDue(
        long lastActivity, ref long lastEvent, long limit, bool busy, long now, ProcessPauses stalls, ref long next, out bool first, out long deadline)
    {
        first = lastEvent <= lastActivity;
        deadline = long.MaxValue;
        if (limit <= 0) return false;
        var from = busy ? now : Math.Max(lastActivity, lastEvent);
        var allowed = limit + stalls.Between(from, now);
        deadline = allowed < 0 || allowed > long.MaxValue - from ? long.MaxValue : from + allowed;
        if (now >= deadline)
        {
            lastEvent = now;
            return true;
        }

        next = Math.Min(next, deadline);
        return false;
    }
}
