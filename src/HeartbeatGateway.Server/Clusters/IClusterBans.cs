namespace HeartbeatGateway.Server.Clusters;

/// <summary>Where a cluster keeps its bans. Their format belongs to those who use it. Thread-safe.</summary>
public interface IClusterBans
{
    /// <summary>
    /// The bans may have changed: read them. Raised when one has changed them, on whatever node, and every ten seconds besides. On a thread that must not be blocked.
    /// </summary>
    event EventHandler? Changed;

    /// <summary>Reads the bans.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What was last written; null when nothing was, or the cluster has lost it.</returns>
    /// <exception cref="ClusterUnavailableException">The cluster cannot be reached.</exception>
    Task<byte[]?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces the bans, if they are still those that were read.</summary>
    /// <param name="content">The new ones; not empty.</param>
    /// <param name="expected">The ones that were read; null when there were none.</param>
    /// <param name="cancellationToken">Ends the call before it is made.</param>
    /// <exception cref="ClusterConflictException">They are others; nothing has changed.</exception>
    /// <exception cref="ClusterUnavailableException">The cluster cannot be reached, or did not answer: then they may have changed.</exception>
    Task WriteAsync(byte[] content, byte[]? expected, CancellationToken cancellationToken);
}
