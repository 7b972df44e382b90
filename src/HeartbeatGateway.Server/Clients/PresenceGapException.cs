namespace HeartbeatGateway.Server.Clients;

/// <summary>The requested events are no longer kept, or were never made in this process: take a new snapshot and follow from its sequence.</summary>
public sealed class PresenceGapException : Exception
{
    internal PresenceGapException(long after, long oldest, long latest)
        : base($"The events after {after} are not available: the buffer holds {oldest} to {latest}. Take a new snapshot and follow from its sequence.")
    {
    }
}
