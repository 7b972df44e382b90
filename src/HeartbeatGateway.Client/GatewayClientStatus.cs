namespace HeartbeatGateway.Client;

/// <summary>The status of a <see cref="GatewayClient"/>.</summary>
public enum GatewayClientStatus
{
    /// <summary>Not started.</summary>
    Idle = 0,

    /// <summary>Resolving names, connecting, or waiting for the gateway's first answer.</summary>
    Connecting,

    /// <summary>The gateway has answered; queued frames are sent.</summary>
    Connected,

    /// <summary>Between two attempts, or before the first; <see cref="GatewayClientState.RetryAfter"/> is the length of the wait.</summary>
    Waiting,

    /// <summary>Stopped permanently. No other status follows.</summary>
    Stopped,
}
