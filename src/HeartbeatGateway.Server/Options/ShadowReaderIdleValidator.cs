namespace HeartbeatGateway.Server.Options;

/// <summary>Validates the candidates of the reader-idle limit.</summary>
internal static class ShadowReaderIdleValidator
{
    /// <summary>Each candidate is a series, and a visit of each silent connection.</summary>
    public const int MaxLimits = 8;

    private const string Key = "Gateway:Heartbeat:ShadowReaderIdle";

    /// <summary>A shorter pause of the process is not taken out of a silence.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <returns>One sentence for each error, starting with the key.</returns>
    public static IEnumerable<string> Validate(IList<TimeSpan> limits)
    {
        if (limits.Count > MaxLimits) yield return $"{Key} holds {limits.Count} limits, but may hold {MaxLimits} at most.";
        foreach (var limit in limits.Where(limit => limit < Shortest || limit > Longest))
        {
            yield return $"{Key} holds {limit}, but its items must be between {Shortest} and a day, written hh:mm:ss (a bare number means days).";
        }

        foreach (var twice in limits.CountBy(limit => limit).Where(c => c.Value > 1)) yield return $"{Key} holds {twice.Key} {twice.Value} times, but each limit once is enough.";
    }
}
