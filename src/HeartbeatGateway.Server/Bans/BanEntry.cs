namespace HeartbeatGateway.Server.Bans;

/// <summary>A ban in force, and how often it refused a connection.</summary>
internal sealed class BanEntry(Ban ban, long refused)
{
    private long _refused = refused;

    public Ban Ban { get; } = ban;

    public long Refused => Interlocked.Read(ref _refused);

    public void CountRefusal() => Interlocked.Increment(ref _refused);

    public bool IsInForce(DateTimeOffset now) => Ban.ExpiresAt is not { } expiry || expiry > now;
}
