namespace HeartbeatGateway.Server.Clients;

/// <summary>A change of a client's presence.</summary>
public enum PresenceChange
{
    /// <summary>It connected, and was not connected within the reconnect window.</summary>
    Connected,

    /// <summary>It reconnected.</summary>
    Reconnected,

    /// <summary>A newer connection replaced an open one: the client was never disconnected.</summary>
    Replaced,

    /// <summary>It disconnected; the event has the reason.</summary>
    Disconnected,
}
