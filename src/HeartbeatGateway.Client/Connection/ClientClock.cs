namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// The clock that dates frames: this machine's, put right by the gateway. The offset is always taken from the machine's own clock, so that
/// corrections do not add up.
/// </summary>
internal sealed class ClientClock(TimeProvider timeProvider)
{
    /// <summary>The gateway tells whole seconds, cut off: what it says cannot correct less than that.</summary>
    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    private long _offsetTicks;

    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>Seconds since 1970-01-01 UTC, corrected, rounded down.</summary>
    public long UnixSeconds => (long)Math.Floor((timeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch + Offset).TotalSeconds);

    /// <summary>Follows the gateway's clock; false when the difference is less than can be told, or the date is one that no clock shows.</summary>
    public bool TryCorrect(DateTimeOffset serverTime)
    {
        if (serverTime.UtcDateTime.Year is < 1970 or > 9000) return false;
        var offset = serverTime - timeProvider.GetUtcNow();
        if ((offset - Offset).Duration() < Resolution) return false;
        Volatile.Write(ref _offsetTicks, offset.Ticks);
        return true;
    }
}
