using HeartbeatGateway.Million.Driving;

namespace HeartbeatGateway.Million.Measuring;

/// <summary>Samples the process many times a second: the pauses of the garbage collector and the lag of the drivers.</summary>
internal sealed class Meter(IReadOnlyList<Driver> drivers, TimeProvider time)
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(50);
    private TimeSpan _paused = GC.GetTotalPauseDuration();

    /// <summary>The longest time for which the collector paused all threads between two samples.</summary>
    public TimeSpan LongestPause { get; private set; }

    /// <summary>The largest delay of a client's send behind its schedule.</summary>
    public TimeSpan LongestLag { get; private set; }

    /// <summary>Samples until a time, counted from a timestamp.</summary>
    public async Task WatchAsync(long began, TimeSpan until)
    {
        while (time.GetElapsedTime(began) < until)
        {
            await Task.Delay(SampleInterval, time);
            var paused = GC.GetTotalPauseDuration();
            LongestPause = Max(LongestPause, paused - _paused);
            _paused = paused;
            foreach (var driver in drivers) LongestLag = Max(LongestLag, TimeSpan.FromMilliseconds(driver.TakeLag()));
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
