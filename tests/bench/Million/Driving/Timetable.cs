namespace HeartbeatGateway.Million.Driving;

/// <summary>
/// What each client does at each millisecond. Clients connect evenly, in the order of their numbers, and then ping every five seconds. So the
/// work of a millisecond is a few ranges of numbers, and no list of a million timers is needed.
/// </summary>
/// <param name="clients">The number of clients.</param>
/// <param name="connecting">The time in which they connect, in milliseconds.</param>
internal sealed class Timetable(int clients, int connecting)
{
    public const int Heartbeat = 5000;

    /// <summary>The clients that connect at a millisecond.</summary>
    public Range Connecting(int millisecond) => First(millisecond)..First(millisecond + 1);

    /// <summary>The clients whose ping is due at a millisecond, without those that connect at it.</summary>
    public IEnumerable<Range> PingsDue(int millisecond)
    {
        for (var connected = millisecond % Heartbeat; connected < millisecond && connected < connecting; connected += Heartbeat)
        {
            yield return Connecting(connected);
        }
    }

    private int First(int millisecond) => (int)Math.Min(clients, (long)millisecond * clients / connecting);
}
