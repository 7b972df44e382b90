namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>Draws the gaps between heartbeats as bars. A full bar is the limit: the client is timed out there.</summary>
internal static class GapPlot
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>One bar for each gap, the oldest first, and their range; null without gaps.</summary>
    /// <param name="gaps">The gaps, in seconds.</param>
    /// <param name="limit">The timeout in seconds; null when there is none, and the longest gap is the full bar.</param>
    public static string? Of(IReadOnlyList<double>? gaps, double? limit)
    {
        if (gaps is not { Count: > 0 }) return null;
        var full = limit is > 0 ? limit.Value : gaps.Max();
        var bars = string.Concat(gaps.Select(g => Bars[full <= 0 ? 0 : (int)Math.Clamp(Math.Ceiling(g / full * Bars.Length) - 1, 0, Bars.Length - 1)]));
        var sorted = gaps.Order().ToArray();
        var range = gaps.Count == 1
            ? Facts.Seconds(gaps[0])
            : $"{Facts.Seconds(sorted[0])} to {Facts.Seconds(sorted[^1])}, median {Facts.Seconds(sorted[sorted.Length / 2])}";
        return $"{bars}  {range}{(limit is > 0 ? $"; full bar: the limit of {Facts.Seconds(limit)}" : "")}";
    }
}
