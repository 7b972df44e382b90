namespace HeartbeatGateway.Client.Connections;

/// <summary>The date that frames get: this machine's, corrected by what the gateway has told. Thread-safe.</summary>
internal sealed class ClientClock(TimeProvider timeProvider)
{
    private long _offsetTicks;

    /// <summary>What is added to this machine's clock.</summary>
    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    public long UnixSeconds => (timeProvider.GetUtcNow() + Offset).ToUnixTimeSeconds();

    /// <summary>Follows the gateway's clock, whose seconds have no fraction: the middle of that second is the best guess.</summary>
    public void Follow(DateTimeOffset serverTime) =>
        Volatile.Write(ref _offsetTicks, (serverTime + TimeSpan.FromMilliseconds(500) - timeProvider.GetUtcNow()).Ticks);
}
