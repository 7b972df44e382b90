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
    private int _charged;

    /// <summary>More was read within the interval than one connection may keep a thread busy with.</summary>
    public readonly bool IsSpent => _bytes > MaxBytes || IsOvercharged;

    /// <summary>Frames that cost more than their bytes have used up the budget: the rest of what was read is to wait.</summary>
    public readonly bool IsOvercharged => _charged > MaxBytes;

    /// <summary>Records a read.</summary>
    /// <param name="bytes">Bytes that it brought.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="timeProvider">The clock of that timestamp.</param>
    public void Note(long bytes, long now, TimeProvider timeProvider)
    {
        if (timeProvider.GetElapsedTime(_began, now) > Interval) (_began, _bytes, _charged) = (now, 0, 0);
        _bytes = (int)Math.Min(int.MaxValue, _bytes + bytes);
    }

    /// <summary>Records a frame that takes as long as many more bytes than it has.</summary>
    /// <param name="bytes">The bytes of plain frames that take as long.</param>
    public void Charge(int bytes) => _charged = (int)Math.Min(int.MaxValue, (long)_charged + bytes);

    /// <summary>Starts a new budget: the connection has left the thread.</summary>
    public void Renew() => _bytes = _charged = 0;
}
