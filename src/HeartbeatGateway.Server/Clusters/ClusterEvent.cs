namespace HeartbeatGateway.Server.Clusters;

/// <summary>A change of one client's presence, on whatever node.</summary>
/// <param name="Id">Where it stands in the stream of its partition, as <c>partition:entry</c>.</param>
/// <param name="Change">What happened, as the HTTP API names it; <c>node_lost</c> when the client's node was lost.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Generation">The generation of the connection.</param>
/// <param name="Epoch">The epoch of its node.</param>
/// <param name="Node">The name of its node.</param>
/// <param name="ConnectionId">The connection.</param>
/// <param name="Time">The time, by the directory's clock.</param>
public sealed record ClusterEvent(string Id, string Change, string ClientId, long Generation, string Epoch, string Node, string ConnectionId, DateTimeOffset Time)
{
    /// <summary>The session.</summary>
    public string? Session { get; init; }

    /// <summary>Why it disconnected; null for other changes.</summary>
    public string? Reason { get; init; }

    /// <summary>What the timeout that disconnected it was caused by; null for other reasons.</summary>
    public string? Cause { get; init; }

    /// <summary>Events before this one were lost, since the stream no longer holds them or the directory came back empty: lists have to be read anew.</summary>
    public bool FollowsGap { get; init; }
}
