namespace HeartbeatGateway.Api;

/// <summary>Times in answers: milliseconds are enough.</summary>
internal static class ApiTime
{
    public static double Seconds(TimeSpan duration) => Math.Round(duration.TotalSeconds, 3);

    public static DateTimeOffset Of(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMillisecond), time.Offset);
}
