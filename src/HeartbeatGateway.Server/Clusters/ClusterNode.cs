namespace HeartbeatGateway.Server.Clusters;

/// <summary>One gateway of a cluster.</summary>
/// <param name="Epoch">Names its lease: random, new at each start and after each lapsed lease. Entries of the directory name it.</param>
/// <param name="Name">What operators call it.</param>
public sealed record ClusterNode(string Epoch, string Name)
{
    /// <summary>When the gateway started, by its own clock.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The gateway's version; null when it tells none.</summary>
    public string? Version { get; init; }
}
