namespace HeartbeatGateway.Benchmarks.Running;

/// <summary>The numbers of connections beside the measured one.</summary>
internal static class Sizes
{
    /// <summary>True for a smoke run, whose figures are not used: it needs no million connections.</summary>
    public static bool AreSmall { get; set; }

    public static IEnumerable<int> All => AreSmall ? [1_000] : [1_000, 100_000, 1_000_000];
}
