using System.Globalization;

namespace HeartbeatGateway.Systemd;

/// <summary>How often systemd's watchdog is notified: at half of its time, as sd_watchdog_enabled(3) recommends.</summary>
internal static class WatchdogInterval
{
    /// <summary>The interval for this process; null when systemd does not watch it.</summary>
    public static TimeSpan? FromEnvironment() =>
        Read(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId);

    /// <param name="microseconds">WATCHDOG_USEC: the time without a notification after which systemd ends the service.</param>
    /// <param name="watched">WATCHDOG_PID: the watched process; unset for any.</param>
    /// <param name="own">The id of this process.</param>
    public static TimeSpan? Read(string? microseconds, string? watched, int own)
    {
        if (!string.IsNullOrEmpty(watched) && watched != own.ToString(CultureInfo.InvariantCulture)) return null;
        if (!long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var time) || time == 0) return null;
        // WatchdogSec=infinity is the largest number that systemd knows, which is not in WATCHDOG_USEC; a day is as good as any longer time. A timer's least
        // interval is a millisecond.
        return TimeSpan.FromMicroseconds(Math.Clamp(time, TimeSpan.MicrosecondsPerMillisecond * 2, TimeSpan.MicrosecondsPerDay) / 2);
    }
}
