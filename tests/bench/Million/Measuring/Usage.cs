using HeartbeatGateway.Million.Driving;

namespace HeartbeatGateway.Million.Measuring;

/// <summary>What the process has used so far. The difference of two values is what it used between them.</summary>
internal sealed record Usage(long At, TimeSpan Processor, TimeSpan Paused, int Young, int Old, long Pings, long Pongs)
{
    public static Usage Now(IReadOnlyList<Driver> drivers, TimeProvider time)
    {
        long pings = 0, pongs = 0;
        foreach (var driver in drivers)
        {
            foreach (ref readonly var client in driver.Clients) (pings, pongs) = (pings + client.PingsSent, pongs + client.PongsRead);
        }

        return new Usage(
            time.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalPauseDuration(),
            GC.CollectionCount(0) - GC.CollectionCount(2), GC.CollectionCount(2), pings, pongs);
    }
}
