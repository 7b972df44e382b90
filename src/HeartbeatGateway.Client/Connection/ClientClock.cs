namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// The clock that dates frames: this machine's clock plus an offset that is computed from the gateway's time. Each offset is relative to the
/// machine's clock, so corrections do not add up.
/// </summary>
internal sealed class ClientClock(TimeProvider timeProvider)
{
    /// <summary>The gateway sends whole seconds, rounded down, so a smaller difference cannot be corrected.</summary>
    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    private long _offsetTicks;

    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>Seconds since 1970-01-01 UTC, corrected, rounded down.</summary>
    public long UnixSeconds => (long)Math.Floor((timeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch + Offset).TotalSeconds);

    /// <summary>
    /// Adjusts the offset to the gateway's clock. Returns false when the difference is below the resolution, or the year is not from 1970 to
    /// 9000.
    /// </summary>
    public bool TryCorrect(DateTimeOffset serverTime)
    {
        if (serverTime.UtcDateTime.Year is < 1970 or > 9000) return false;
        var offset = serverTime - timeProvider.GetUtcNow();
        if ((offset - Offset).Duration() < Resolution) return false;
        Volatile.Write(ref _offsetTicks, offset.Ticks);
        return true;
    }
}
