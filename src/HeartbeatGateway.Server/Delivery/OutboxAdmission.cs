namespace HeartbeatGateway.Server.Delivery;

/// <summary>Whether an <see cref="Outbox"/> has taken a message.</summary>
internal enum OutboxAdmission
{
    Taken,

    /// <summary>The client is not connected, and the message may not be held.</summary>
    NotConnected,

    /// <summary>A bound would be exceeded.</summary>
    Full,

    /// <summary>This outbox was forgotten meanwhile: another one is in force for the client.</summary>
    Retired,
}
