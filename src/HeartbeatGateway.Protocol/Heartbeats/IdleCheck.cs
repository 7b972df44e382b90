namespace HeartbeatGateway.Protocol.Heartbeats;

/// <summary>The answer of <see cref="IdleState.Check"/>.</summary>
/// <param name="Event">The kind of silence that reached its limit; null when none did.</param>
/// <param name="First">True when it is the first event of its kind since the connection was last active.</param>
/// <param name="Deadline">
/// With an event: the timestamp at which it was due. Without: when to check again; <see cref="long.MaxValue"/> when every kind is off.
/// </param>
public readonly record struct IdleCheck(IdleKind? Event, bool First, long Deadline);
