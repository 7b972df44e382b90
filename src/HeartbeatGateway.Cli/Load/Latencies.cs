namespace HeartbeatGateway.Cli.Load;

/// <summary>Percentiles of <paramref name="Count"/> durations, in milliseconds.</summary>
internal sealed record Latencies(long Count, double P50Ms, double P99Ms, double P999Ms, double MaxMs);
