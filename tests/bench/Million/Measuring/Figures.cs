namespace HeartbeatGateway.Million.Measuring;

/// <summary>The costs of a run in its steady state, in which all clients are connected and send heartbeats.</summary>
internal sealed record Figures
{
    public required double HeapBytesPerConnection { get; init; }

    public required double ResidentBytes { get; init; }

    public required double Cores { get; init; }

    public required double PingsPerSecond { get; init; }

    public required int YoungCollections { get; init; }

    public required int FullCollections { get; init; }

    public required double LongestPauseMilliseconds { get; init; }

    public required double LongestLagMilliseconds { get; init; }

    public double MicrosecondsPerPing => Cores * 1e6 / PingsPerSecond;
}
