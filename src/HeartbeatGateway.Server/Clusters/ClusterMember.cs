namespace HeartbeatGateway.Server.Clusters;

/// <summary>A connected client as the directory holds it.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Generation">The generation from its welcome; never changed.</param>
/// <param name="ConnectionId">Its connection, as logs and lists of its node name it.</param>
public sealed record ClusterMember(string ClientId, long Generation, string ConnectionId)
{
    /// <summary>The epoch of its node; empty for one of this node that is not entered yet.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>The instance of its program; null when the hello named none.</summary>
    public string? Instance { get; init; }

    /// <summary>The attempt; -1 when the hello has none.</summary>
    public long Attempt { get; init; } = -1;

    /// <summary>The session from its welcome.</summary>
    public required string Session { get; init; }

    /// <summary>How long it has been connected. The directory subtracts it from its own clock, so clocks of nodes may differ.</summary>
    public TimeSpan ConnectedFor { get; init; }

    /// <summary>How often the client has reconnected.</summary>
    public int Reconnects { get; init; }

    /// <summary>It was welcomed without the directory, which has not claimed its token: until then it gets no held messages.</summary>
    public bool IsUnclaimed { get; init; }

    /// <summary>As <see cref="ClusterHello.TokenFingerprint"/>, for one that is unclaimed.</summary>
    public string? TokenFingerprint { get; init; }

    /// <summary>As <see cref="ClusterHello.ClaimFor"/>.</summary>
    public TimeSpan ClaimFor { get; init; }
}

/// <summary>A client that has left.</summary>
/// <param name="Member">What it was.</param>
/// <param name="Reason">Why, as logs and metrics name it.</param>
public sealed record ClusterDeparture(ClusterMember Member, string Reason)
{
    /// <summary>What its timeout was caused by; null for other reasons.</summary>
    public string? Cause { get; init; }

    /// <summary>How long ago its last byte came.</summary>
    public TimeSpan LastByteAge { get; init; }

    /// <summary>For how long the client is recognised when it comes back: the reconnect window.</summary>
    public TimeSpan RememberFor { get; init; }

    /// <summary>What is not acknowledged, for the next connection on any node; empty for nothing. Its format is the engine's.</summary>
    public ReadOnlyMemory<byte> Delivery { get; init; }

    /// <summary>How long <see cref="Delivery"/> is kept.</summary>
    public TimeSpan KeepDeliveryFor { get; init; }
}
