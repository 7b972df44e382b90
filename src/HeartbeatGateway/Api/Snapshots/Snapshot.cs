using System.Text.Json.Serialization;

namespace HeartbeatGateway.Api.Snapshots;

/// <summary>The gateway in one second. Counts are totals since the start unless said otherwise.</summary>
internal sealed record Snapshot
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>In a cluster: the node whose figures these are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; init; }

    /// <summary>Connections that brought a valid frame, now.</summary>
    public required int Connected { get; init; }

    /// <summary>Open connections, with and without a valid frame, now.</summary>
    public required int Open { get; init; }

    /// <summary>Pings answered per second since the snapshot before.</summary>
    public required double HeartbeatsPerSecond { get; init; }

    /// <summary>Pings answered.</summary>
    public required long Heartbeats { get; init; }

    /// <summary>Connections closed by a timeout.</summary>
    public required long Timeouts { get; init; }

    /// <summary>Timeouts by their cause, or by their kind where there is none; only those that occurred.</summary>
    public required IReadOnlyDictionary<string, long> TimeoutCauses { get; init; }

    /// <summary>Clients that reconnected.</summary>
    public required long Reconnects { get; init; }

    /// <summary>Connections admitted.</summary>
    public required long Opened { get; init; }

    /// <summary>Connections that ended.</summary>
    public required long Closed { get; init; }

    /// <summary>Connections rejected before they were admitted.</summary>
    public required long Rejected { get; init; }

    /// <summary>Rejected connections by reason; only reasons that occurred.</summary>
    public required IReadOnlyDictionary<string, long> Rejections { get; init; }

    /// <summary>Pauses of the process of a second or more.</summary>
    public required long Stalls { get; init; }

    /// <summary>Their total length.</summary>
    public required double StallSeconds { get; init; }

    /// <summary>The gateway closes its connections to stop, or to hand them over.</summary>
    public required bool IsDraining { get; init; }

    /// <summary>Why it accepts no clients; null when it does.</summary>
    public required string? NotReady { get; init; }

    /// <summary>What of the last change of the configuration was refused; null when it is in force.</summary>
    public required string? ConfigurationRefused { get; init; }
}
