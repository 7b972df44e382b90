namespace HeartbeatGateway.Cli.Load;

/// <summary>
/// How evenly clients came back: attempts in each second since the first connection was lost. Jitter makes them even: after the
/// first minute, when backoffs have grown, the largest second should not stand out.
/// </summary>
/// <param name="Attempts">All attempts to reconnect.</param>
/// <param name="MaxPerSecond">In the busiest second.</param>
/// <param name="MeanPerSecond">On average over the seconds from the first to the last attempt.</param>
/// <param name="MaxToMeanAfterFirstMinute">The busiest second in relation to the average, from the 61st second on; null when nothing happened there.</param>
/// <param name="PerSecond">The counts themselves.</param>
internal sealed record Spread(long Attempts, int MaxPerSecond, double MeanPerSecond, double? MaxToMeanAfterFirstMinute, IReadOnlyList<int> PerSecond)
{
    private const int FirstMinute = 60;

    /// <summary>Null when no client ever tried to come back.</summary>
    public static Spread? Of(IReadOnlyList<int> counts)
    {
        var first = counts.TakeWhile(c => c == 0).Count();
        if (first == counts.Count) return null;
        var tried = counts.Skip(first).ToList();
        var late = counts.Skip(FirstMinute).ToList();
        return new Spread(
            counts.Sum(c => (long)c),
            counts.Max(),
            Math.Round(tried.Average(), 2),
            late.Exists(c => c > 0) ? Math.Round(late.Max() / late.Average(), 2) : null,
            counts);
    }
}
