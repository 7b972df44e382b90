namespace HeartbeatGateway.Server.Delivery;

/// <summary>The requested events are no longer kept, or were never made in this process: follow from the latest one.</summary>
public sealed class DeliveryGapException : Exception
{
    internal DeliveryGapException(long after, long oldest, long latest)
        : base($"The events after {after} are not available: the buffer holds {oldest} to {latest}. Follow from the latest one.")
    {
    }
}
