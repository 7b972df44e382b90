using HeartbeatGateway.Server.Bans;

namespace HeartbeatGateway.Bans;

/// <summary>Changes bans and keeps them: in the file, or for all nodes of a cluster. One change at a time.</summary>
internal interface IBanChanges
{
    /// <summary>Adds a ban or replaces the one with its id, and closes the connections of this node that it matches.</summary>
    /// <exception cref="BanFileException">It cannot be saved; nothing has changed.</exception>
    /// <exception cref="Server.Clusters.ClusterUnavailableException">The cluster cannot be reached; nothing has changed here.</exception>
    Task<BanChange> TryAddAsync(Ban ban);

    /// <summary>Removes a ban.</summary>
    /// <returns>The ban; null when there is none with this id.</returns>
    /// <exception cref="BanFileException">The change cannot be saved; nothing has changed.</exception>
    /// <exception cref="Server.Clusters.ClusterUnavailableException">The cluster cannot be reached; nothing has changed here.</exception>
    Task<Ban?> RemoveAsync(string id);
}

/// <summary>What became of a new ban.</summary>
/// <param name="Refusal">Why it was refused.</param>
/// <param name="Effect">What it did; null when it was refused.</param>
internal sealed record BanChange(BanRefusal Refusal, BanEffect? Effect);
