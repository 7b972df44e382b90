namespace HeartbeatGateway.Server.Clusters;

/// <summary>What the cluster has kept for a client.</summary>
public sealed record ClusterKept
{
    /// <summary>Nothing.</summary>
    public static ClusterKept None { get; } = new();

    /// <summary>What an earlier connection of the client left unacknowledged, with its numbers; empty for nothing. Its format is the engine's.</summary>
    public ReadOnlyMemory<byte> Delivery { get; init; }

    /// <summary>How long <see cref="Delivery"/> has been kept: the times to live in it have run on.</summary>
    public TimeSpan DeliveryAge { get; init; }

    /// <summary>Messages that were held for the client while it was connected nowhere, in the order of their arrival.</summary>
    public IReadOnlyList<ClusterHeldMessage> Held { get; init; } = [];

    /// <summary>Nothing is kept.</summary>
    public bool IsEmpty => Delivery.IsEmpty && Held.Count == 0;
}

/// <summary>A message that was held for a client.</summary>
/// <param name="Message">The message, as <see cref="ICluster.HoldAsync"/> took it.</param>
/// <param name="TimeLeft">What is left of its time to live.</param>
public readonly record struct ClusterHeldMessage(ReadOnlyMemory<byte> Message, TimeSpan TimeLeft);
