namespace HeartbeatGateway.Cli.Load;

/// <summary>
/// The distribution of reconnect attempts over time: attempts in each second since the first lost connection. Jittered backoff makes
/// it even. After the first minute, when backoffs are long, the busiest second should be near the average.
/// </summary>
/// <param name="Attempts">Total number of reconnect attempts.</param>
/// <param name="MaxPerSecond">Attempts in the busiest second.</param>
/// <param name="MeanPerSecond">Average attempts per second, from the first to the last attempt.</param>
/// <param name="MaxToMeanAfterFirstMinute">
/// Ratio of the busiest second to the average, from the 61st second on; null without attempts after the first minute.
/// </param>
/// <param name="PerSecond">Attempts in each second.</param>
internal sealed record Spread(long Attempts, int MaxPerSecond, double MeanPerSecond, double? MaxToMeanAfterFirstMinute, IReadOnlyList<int> PerSecond)
{
    private const int FirstMinute = 60;

    /// <summary>The distribution; null when there was no reconnect attempt.</summary>
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
