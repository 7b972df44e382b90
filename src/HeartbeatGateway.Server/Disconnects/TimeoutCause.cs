namespace HeartbeatGateway.Server.Disconnects;

/// <summary>Why a connection reached a time limit, as far as the gateway can tell (docs/operations.md, "Why did a device disconnect?").</summary>
public enum TimeoutCause
{
    /// <summary>The client sent nothing, while its system still acknowledged what was sent to it, or nothing speaks for another cause.</summary>
    ClientSilent,

    /// <summary>What the gateway's system sent was not acknowledged: the network, or the client's machine, was gone.</summary>
    NetworkLoss,

    /// <summary>The usual time between two heartbeats of the client is above the limit or close to it.</summary>
    IntervalTooLong,

    /// <summary>The gateway's own process paused, or did not read bytes that had arrived.</summary>
    GatewayStall,
}
