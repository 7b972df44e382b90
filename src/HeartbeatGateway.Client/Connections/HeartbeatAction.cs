namespace HeartbeatGateway.Client.Connections;

/// <summary>What a client does about silence.</summary>
internal enum HeartbeatAction
{
    /// <summary>Nothing yet.</summary>
    Wait,

    /// <summary>Send a ping.</summary>
    Ping,

    /// <summary>Give the gateway up.</summary>
    Dead,
}
