namespace HeartbeatGateway.Server.Options;

/// <summary>What happens to client ids and addresses that connect too often.</summary>
public enum AutomaticBanMode
{
    /// <summary>Connects are not counted.</summary>
    Off,

    /// <summary>They are reported as what would have been banned, and connect on.</summary>
    Observe,

    /// <summary>They are banned for a time.</summary>
    Enforce,
}
