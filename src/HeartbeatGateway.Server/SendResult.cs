namespace HeartbeatGateway.Server;

/// <summary>What became of a message for one client.</summary>
public enum SendResult
{
    /// <summary>It will be sent, unless the connection ends first.</summary>
    Accepted,

    /// <summary>The connection does not exist, or it has ended.</summary>
    NotConnected,

    /// <summary>Too much waits for this client already (<c>Gateway:Outbound:MaxPendingBytes</c>); the message was dropped.</summary>
    TooMuchPending,
}
