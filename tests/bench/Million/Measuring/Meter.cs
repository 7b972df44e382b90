using HeartbeatGateway.Million.Driving;

namespace HeartbeatGateway.Million.Measuring;

/// <summary>Looks at the process many times a second: what the collector took at once, and how late the drivers were.</summary>
internal sealed class Meter(IReadOnlyList<Driver> drivers, TimeProvider time)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);
    private TimeSpan _paused = GC.GetTotalPauseDuration();

    /// <summary>The longest that all threads were held between two looks.</summary>
    public TimeSpan LongestPause { get; private set; }

    /// <summary>The latest that a client was sent on its way.</summary>
    public TimeSpan LongestLag { get; private set; }

    /// <summary>Looks until a time, counted from a timestamp.</summary>
    public async Task WatchAsync(long began, TimeSpan until)
    {
        while (time.GetElapsedTime(began) < until)
        {
            await Task.Delay(BetweenLooks, time);
            var paused = GC.GetTotalPauseDuration();
            LongestPause = Max(LongestPause, paused - _paused);
            _paused = paused;
            foreach (var driver in drivers) LongestLag = Max(LongestLag, TimeSpan.FromMilliseconds(driver.TakeLag()));
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
