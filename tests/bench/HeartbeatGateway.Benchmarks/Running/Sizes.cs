namespace HeartbeatGateway.Benchmarks.Running;

/// <summary>How many connections there are beside the one that is measured.</summary>
internal static class Sizes
{
    /// <summary>A look that nobody reads figures from needs no million.</summary>
    public static bool AreSmall { get; set; }

    public static IEnumerable<int> All => AreSmall ? [1_000] : [1_000, 100_000, 1_000_000];
}
