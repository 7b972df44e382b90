namespace HeartbeatGateway.Server.Disconnects;

/// <summary>Whose doing the end of a connection was.</summary>
public enum DisconnectOrigin
{
    /// <summary>The client's: it closed, fell silent, or broke the protocol.</summary>
    Client,

    /// <summary>The network's between the two: a reset, or packets that were lost.</summary>
    Network,

    /// <summary>The gateway's own: a limit, a pause of its process, a fault.</summary>
    Gateway,

    /// <summary>An operator's: a command of the HTTP API, or a planned stop.</summary>
    Operator,
}
