namespace HeartbeatGateway.Server.Presence;

/// <summary>What happened to a client's presence.</summary>
public enum PresenceChange
{
    /// <summary>It is here, and was not here lately.</summary>
    Connected,

    /// <summary>It is here again.</summary>
    Reconnected,

    /// <summary>A newer connection took over from one that was here: it was never away.</summary>
    Replaced,

    /// <summary>It is gone; the reason says why.</summary>
    Disconnected,
}
