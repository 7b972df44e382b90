namespace HeartbeatGateway.Server.Presence;

/// <summary>Events that a follower asked for are not kept any more, or never were in this process: take a new snapshot and follow from that.</summary>
public sealed class PresenceGapException : Exception
{
    internal PresenceGapException(long after, long oldest, long latest)
        : base($"There is no event behind {after} to go on with: the presence log holds {oldest} to {latest}. Take a new snapshot and follow from its sequence.")
    {
    }
}
