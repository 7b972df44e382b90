using HeartbeatGateway.Server.Draining;

namespace HeartbeatGateway.Api.Drain;

/// <summary>How to drain.</summary>
internal sealed record DrainBody
{
    /// <summary>The time over which connections are closed, in seconds, up to an hour. Default: Gateway:Draining:Duration.</summary>
    public double? DurationSeconds { get; init; }
}

/// <summary>The drain in progress: an operator's, or that of the stop.</summary>
/// <param name="State">none, draining, or drained: all connections are closed, and new ones are still refused.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="StartedBy">The key that asked for it; null for the stop.</param>
/// <param name="DurationSeconds">The time over which connections are closed.</param>
/// <param name="Connections">Open connections when it began; without a drain, those that are open now.</param>
/// <param name="Closed">Of these, the connections that have ended since.</param>
/// <param name="Remaining">Connections that are still open.</param>
internal sealed record DrainListing(string State, DateTimeOffset? StartedAt, string? StartedBy, double? DurationSeconds, int Connections, int Closed, int Remaining)
{
    public static DrainListing Of(DrainStatus status) => new(
        status.State switch
        {
            DrainState.None => "none",
            DrainState.Draining => "draining",
            _ => "drained",
        },
        status.StartedAt is { } started ? ApiTime.Of(started) : null,
        status.StartedBy,
        status.Duration is { } duration ? ApiTime.Seconds(duration) : null,
        status.Connections,
        status.Closed,
        status.Remaining);
}
