namespace HeartbeatGateway.Server;

/// <summary>What became of a message for one client.</summary>
public enum SendResult
{
    /// <summary>
    /// It will be sent, unless the connection ends first. To a client that acknowledges (feature <c>ack</c>) it is then sent again on its next connection, for
    /// <c>Gateway:Messages:KeepUnacknowledged</c>.
    /// </summary>
    Accepted,

    /// <summary>The connection does not exist, or it has ended.</summary>
    NotConnected,

    /// <summary>Too much waits for this client already (<c>Gateway:Outbound:MaxPendingBytes</c>, or <c>Gateway:Messages:MaxHeld…</c> for one that acknowledges); the message was dropped.</summary>
    TooMuchPending,
}
