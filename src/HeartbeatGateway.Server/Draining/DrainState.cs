namespace HeartbeatGateway.Server.Draining;

/// <summary>How far a drain is.</summary>
public enum DrainState
{
    /// <summary>There is no drain: new connections are admitted.</summary>
    None,

    /// <summary>Connections are being closed, and new ones are refused.</summary>
    Draining,

    /// <summary>All connections are closed, and new ones are refused until the drain is cancelled or the gateway stops.</summary>
    Drained,
}
