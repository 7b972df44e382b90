namespace HeartbeatGateway.Million.Driving;

/// <summary>
/// Which client does what at which millisecond: they connect evenly, in the order of their numbers, and beat every five seconds from then on. So a
/// millisecond's work is a few ranges of numbers, and no list of a million timers is needed.
/// </summary>
/// <param name="clients">How many there are.</param>
/// <param name="connecting">Milliseconds in which they connect.</param>
internal sealed class Timetable(int clients, int connecting)
{
    public const int Heartbeat = 5000;

    /// <summary>Those that connect at a millisecond.</summary>
    public Range Connecting(int millisecond) => First(millisecond)..First(millisecond + 1);

    /// <summary>Those whose heartbeat is due at a millisecond, not counting those that connect at it.</summary>
    public IEnumerable<Range> Beating(int millisecond)
    {
        for (var connected = millisecond % Heartbeat; connected < millisecond && connected < connecting; connected += Heartbeat) yield return Connecting(connected);
    }

    private int First(int millisecond) => (int)Math.Min(clients, (long)millisecond * clients / connecting);
}
