namespace HeartbeatGateway.Server.Draining;

/// <summary>A drain at one moment: an operator's, or that of the stop.</summary>
/// <param name="State">How far it is.</param>
/// <param name="StartedAt">When it began; null without a drain.</param>
/// <param name="StartedBy">Who asked for it, as given to <see cref="IHeartbeatGateway.StartDrain"/>; null for a stop and without a drain.</param>
/// <param name="Duration">The time over which connections are closed; null without a drain.</param>
/// <param name="Connections">Open connections when it began; without a drain, those that are open now.</param>
/// <param name="Closed">Of these, the connections that have ended since, whatever the reason.</param>
/// <param name="Remaining">Connections that are still open. A closed connection counts until its last bytes are sent, for at most some seconds.</param>
public sealed record DrainStatus(
    DrainState State, DateTimeOffset? StartedAt = null, string? StartedBy = null, TimeSpan? Duration = null, int Connections = 0, int Closed = 0, int Remaining = 0);
