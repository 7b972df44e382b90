namespace HeartbeatGateway.Server.Clusters;

/// <summary>What the directory needs of a hello.</summary>
/// <param name="ClientId">The verified client id.</param>
/// <param name="ConnectionId">The connection, as logs and lists name it.</param>
public sealed record ClusterHello(string ClientId, string ConnectionId)
{
    /// <summary>The instance of its program; null when the hello names none.</summary>
    public string? Instance { get; init; }

    /// <summary>The attempt; -1 when the hello has none.</summary>
    public long Attempt { get; init; } = -1;

    /// <summary>The session that the client wants to resume; null for none.</summary>
    public string? Resume { get; init; }

    /// <summary>The session that it gets if that one is not known.</summary>
    public required string NewSession { get; init; }

    /// <summary>The generation must be at least this: above all that this node has given to the client.</summary>
    public required long Floor { get; init; }

    /// <summary>Identifies the hello's token, for the claim that makes it valid once; null with the scheme none, whose tokens have no meaning.</summary>
    public string? TokenFingerprint { get; init; }

    /// <summary>How long the claim is kept: twice the maximum age of a frame.</summary>
    public TimeSpan ClaimFor { get; init; }
}

/// <summary>How a hello was entered.</summary>
public enum ClusterEntryKind
{
    /// <summary>The client is in the directory with the generation.</summary>
    Entered,

    /// <summary>The directory did not answer in time. The node draws the generation itself, and enters the client by <see cref="ICluster.Restore"/>.</summary>
    Degraded,

    /// <summary>The token was claimed by another hello: it is refused as replayed.</summary>
    Replayed,

    /// <summary>A later attempt of the same instance is connected: this one was given up by its client.</summary>
    Abandoned,
}

/// <summary>The directory's answer to a hello.</summary>
/// <param name="Kind">How it was entered.</param>
public sealed record ClusterEntry(ClusterEntryKind Kind)
{
    /// <summary>The generation, when entered.</summary>
    public long Generation { get; init; }

    /// <summary>The client's connection before, on whatever node; null when none is known.</summary>
    public ClusterPrevious? Previous { get; init; }

    /// <summary>What was kept for the client.</summary>
    public ClusterKept Kept { get; init; } = ClusterKept.None;
}

/// <summary>A client's connection before its present one.</summary>
/// <param name="Epoch">The epoch of its node.</param>
/// <param name="ConnectionId">The connection.</param>
/// <param name="Session">The session.</param>
/// <param name="Generation">The generation.</param>
public sealed record ClusterPrevious(string Epoch, string ConnectionId, string Session, long Generation)
{
    /// <summary>It was still in the directory, so that it is taken over.</summary>
    public bool WasConnected { get; init; }

    /// <summary>The instance of its program; null when it named none.</summary>
    public string? Instance { get; init; }

    /// <summary>How long ago its last byte came, by the directory's clock, if it has left; null while it was connected, or when its node was lost.</summary>
    public TimeSpan? LastByteAge { get; init; }

    /// <summary>How often the client had reconnected.</summary>
    public int Reconnects { get; init; }
}
