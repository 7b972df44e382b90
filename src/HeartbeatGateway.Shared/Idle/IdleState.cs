namespace HeartbeatGateway.Shared.Idle;

/// <summary>The three kinds of idleness, as in Netty's <c>IdleStateHandler</c>.</summary>
internal enum IdleKind
{
    /// <summary>Nothing was read.</summary>
    Reader,

    /// <summary>Nothing was written.</summary>
    Writer,

    /// <summary>Nothing was read or written.</summary>
    All,
}

/// <summary>The answer of <see cref="IdleState.Check"/>.</summary>
/// <param name="Event">The kind of idleness that reached its limit; null when none did.</param>
/// <param name="First">True when it is the first event of its kind since the connection was last active.</param>
/// <param name="Deadline">
/// With an event: the timestamp at which it was due. Without: when to check again; <see cref="long.MaxValue"/> when every kind is off.
/// </param>
internal readonly record struct IdleCheck(IdleKind? Event, bool First, long Deadline);

/// <summary>
/// When a connection last read and wrote, and which idle event is due: the semantics of Netty's <c>IdleStateHandler</c> as a pure function of
/// timestamps. Reading and writing cost one store each; events repeat every limit while the idleness lasts. Other threads may record reads and
/// writes; one thread checks and acknowledges.
/// </summary>
internal struct IdleState
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

    /// <summary>Timestamp of the last byte read; of the start before the first.</summary>
    public readonly long LastRead => Volatile.Read(in _lastRead);

    /// <summary>Timestamp of the last byte written; of the start before the first.</summary>
    public readonly long LastWrite => Volatile.Read(in _lastWrite);

    /// <summary>Timestamp from which on the reader's silence counts: of the last byte read, or of the last reader event or restart after it.</summary>
    public readonly long ReaderSilentSince => Math.Max(LastRead, Volatile.Read(in _lastReaderEvent));

    /// <summary>Bytes were read: one is enough, a frame need not be complete (Netty's <c>reading</c>).</summary>
    public void OnRead(long now) => Volatile.Write(ref _lastRead, now);

    /// <summary>Bytes were taken by the network; a slow write that makes progress is not idle (Netty's <c>observeOutput</c>).</summary>
    public void OnWrite(long now) => Volatile.Write(ref _lastWrite, now);

    /// <summary>
    /// The time up to now does not count as idle, because this side did not read. The next reader or all event is due a limit from now;
    /// <see cref="LastRead"/> does not change.
    /// </summary>
    public void RestartReader(long now)
    {
        Volatile.Write(ref _lastReaderEvent, now);
        Volatile.Write(ref _lastAllEvent, now);
    }

    /// <summary>Finds an idle event that is due, never before its limit. Changes nothing: the event stays due until <see cref="Acknowledge"/>.</summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="limits">The limits in force; they may change between calls.</param>
    /// <param name="pauses">Pauses of this process, which do not count as idle time.</param>
    /// <param name="reading">True while a read is being processed: then the reader cannot be idle.</param>
    public readonly IdleCheck Check(long now, in IdleLimits limits, ProcessPauses pauses, bool reading = false)
    {
        ArgumentNullException.ThrowIfNull(pauses);
        var (lastRead, lastWrite) = (LastRead, LastWrite);
        var next = long.MaxValue;
        if (IsDue(lastRead, _lastReaderEvent, limits.Reader, reading, now, pauses, ref next, out var first, out var deadline))
        {
            return new IdleCheck(IdleKind.Reader, first, deadline);
        }

        if (IsDue(lastWrite, _lastWriterEvent, limits.Writer, busy: false, now, pauses, ref next, out first, out deadline))
        {
            return new IdleCheck(IdleKind.Writer, first, deadline);
        }

        return IsDue(Math.Max(lastRead, lastWrite), _lastAllEvent, limits.All, reading, now, pauses, ref next, out first, out deadline)
            ? new IdleCheck(IdleKind.All, first, deadline)
            : new IdleCheck(null, false, next);
    }

    /// <summary>Notes that an event was acted on: the next of its kind is due a limit later.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="now">The timestamp that <see cref="Check"/> was called with.</param>
    public void Acknowledge(IdleKind kind, long now)
    {
        if (kind == IdleKind.Reader) _lastReaderEvent = now;
        else if (kind == IdleKind.Writer) _lastWriterEvent = now;
        else _lastAllEvent = now;
    }

    private static bool IsDue(
        long lastActivity, long lastEvent, long limit, bool busy, long now, ProcessPauses pauses, ref long next, out bool first, out long deadline)
    {
        first = lastEvent <= lastActivity;
        deadline = long.MaxValue;
        if (limit <= 0) return false;
        var from = busy ? now : Math.Max(lastActivity, lastEvent);
        var allowed = limit + pauses.Between(from, now);
        deadline = allowed < 0 || allowed > long.MaxValue - from ? long.MaxValue : from + allowed;
        if (now >= deadline) return true;
        next = Math.Min(next, deadline);
        return false;
    }
}
