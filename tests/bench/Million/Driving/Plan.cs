namespace HeartbeatGateway.Million.Driving;

/// <summary>The course of a run: clients connect, all of them beat while some fall silent, and the rest goes on until the last silence must have been noticed.</summary>
internal sealed record Plan
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(Timetable.Heartbeat);

    /// <summary>After the last client may have fallen silent: a heartbeat that it does not send, the limit, and a second for noticing.</summary>
    private static readonly TimeSpan Tail = TimeSpan.FromSeconds(9);

    private readonly TimeProvider _time;

    public Plan(Options options, TimeProvider time)
    {
        _time = time;
        Clients = options.Clients;
        (Seed, IsNamed, SilentShare, Beating) = (options.Seed, options.IsNamed, options.SilentShare, options.Duration);
        // Whole heartbeats, so that they are as many in each millisecond of one.
        Connecting = Heartbeat * Math.Max(1, Math.Ceiling(Clients / (double)options.ConnectsPerSecond / Heartbeat.TotalSeconds));
        Began = time.GetTimestamp();
    }

    public int Clients { get; }

    public int Seed { get; }

    public bool IsNamed { get; }

    /// <summary>As many threads as a server would have for sockets.</summary>
    public int Drivers { get; } = Environment.ProcessorCount;

    /// <summary>Timestamp of the beginning.</summary>
    public long Began { get; }

    public TimeSpan Connecting { get; }

    /// <summary>When figures of a steady state begin: all are connected, and have been answered.</summary>
    public TimeSpan SteadyFrom => Connecting + Heartbeat;

    public TimeSpan SteadyUntil => Connecting + Heartbeat + Beating;

    public TimeSpan Until => SteadyUntil + Tail;

    private double SilentShare { get; }

    private TimeSpan Beating { get; }

    /// <summary>Clients of one of the drivers.</summary>
    public int ClientsOf(int driver) => (Clients / Drivers) + (driver < Clients % Drivers ? 1 : 0);

    /// <summary>From when on a client sends nothing more, as timestamp; never, for most.</summary>
    public long ChooseSilence(Random chance) => chance.NextDouble() < SilentShare
        ? Began + (long)((Connecting + (chance.NextDouble() * (SteadyUntil - Connecting))).TotalSeconds * _time.TimestampFrequency)
        : long.MaxValue;
}
