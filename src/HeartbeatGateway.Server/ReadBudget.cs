namespace HeartbeatGateway.Server;

/// <summary>
/// Finds out who sends without end. While bytes keep coming, reading never leaves the thread that brings the first ones, and
/// other clients' events wait behind it; such a client is read on the thread pool instead.
/// </summary>
internal struct ReadBudget
{
    private const int MaxBytes = 128 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private long _began;
    private int _bytes;

    /// <summary>More came within the interval than one client may keep a thread busy with.</summary>
    public readonly bool IsTooLong => _bytes > MaxBytes;

    public void Note(long bytes, long now, TimeProvider timeProvider)
    {
        if (timeProvider.GetElapsedTime(_began, now) > Interval) (_began, _bytes) = (now, 0);
        _bytes = (int)Math.Min(int.MaxValue, _bytes + bytes);
    }

    public void End() => _bytes = 0;
}
