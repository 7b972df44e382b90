namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// Limits how long one connection keeps the thread that its socket's event arrived on. While bytes keep coming, reading never leaves that
/// thread, and the events of other connections wait behind it. A connection above the budget is read on the thread pool instead.
/// </summary>
internal struct ReadBudget
{
    private const int MaxBytes = 128 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private long _began;
    private int _bytes;

    /// <summary>More was read within the interval than one connection may keep a thread busy with.</summary>
    public readonly bool IsSpent => _bytes > MaxBytes;

    /// <summary>Records a read.</summary>
    /// <param name="bytes">Bytes that it brought.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="timeProvider">The clock of that timestamp.</param>
    public void Note(long bytes, long now, TimeProvider timeProvider)
    {
        if (timeProvider.GetElapsedTime(_began, now) > Interval) (_began, _bytes) = (now, 0);
        _bytes = (int)Math.Min(int.MaxValue, _bytes + bytes);
    }

    /// <summary>Starts a new budget: the connection has left the thread.</summary>
    public void Renew() => _bytes = 0;
}
