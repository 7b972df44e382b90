namespace HeartbeatGateway.Million.Driving;

/// <summary>
/// The phases of a run: clients connect; all send heartbeats while some stop sending; the rest continue until the gateway must have closed the
/// last silent client.
/// </summary>
internal sealed record Plan
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(Timetable.Heartbeat);

    /// <summary>
    /// The time after the last client may have stopped sending: enough for a missed heartbeat, the idle timeout, and a second for detecting it.
    /// </summary>
    private static readonly TimeSpan Tail = TimeSpan.FromSeconds(9);

    private readonly TimeProvider _time;

    public Plan(Options options, TimeProvider time)
    {
        _time = time;
        Clients = options.Clients;
        (Seed, IsNamed, SilentShare, Steady) = (options.Seed, options.IsNamed, options.SilentShare, options.Duration);
        // A multiple of the heartbeat interval, so that the same number of pings is due in each millisecond of an interval.
        Connecting = Heartbeat * Math.Max(1, Math.Ceiling(Clients / (double)options.ConnectsPerSecond / Heartbeat.TotalSeconds));
        Began = time.GetTimestamp();
    }

    public int Clients { get; }

    public int Seed { get; }

    public bool IsNamed { get; }

    /// <summary>As many threads as a server has for socket events.</summary>
    public int Drivers { get; } = Environment.ProcessorCount;

    /// <summary>The timestamp of the start.</summary>
    public long Began { get; }

    public TimeSpan Connecting { get; }

    /// <summary>When the steady state begins: all clients are connected and have been answered.</summary>
    public TimeSpan SteadyFrom => Connecting + Heartbeat;

    public TimeSpan SteadyUntil => Connecting + Heartbeat + Steady;

    public TimeSpan Until => SteadyUntil + Tail;

    private double SilentShare { get; }

    private TimeSpan Steady { get; }

    /// <summary>The number of clients of one driver.</summary>
    public int ClientsOf(int driver) => (Clients / Drivers) + (driver < Clients % Drivers ? 1 : 0);

    /// <summary>The timestamp from which a client sends nothing more; for most clients <see cref="long.MaxValue"/>, never.</summary>
    public long ChooseSilence(Random chance) => chance.NextDouble() < SilentShare
        ? Began + (long)((Connecting + (chance.NextDouble() * (SteadyUntil - Connecting))).TotalSeconds * _time.TimestampFrequency)
        : long.MaxValue;
}
