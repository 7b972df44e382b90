namespace HeartbeatGateway.Client;

/// <summary>What a <see cref="GatewayClient"/> is doing.</summary>
public enum GatewayClientStatus
{
    /// <summary>Not started.</summary>
    Idle = 0,

    /// <summary>Resolving names, connecting, or waiting for the gateway's first answer.</summary>
    Connecting,

    /// <summary>The gateway has answered; frames flow.</summary>
    Connected,

    /// <summary>Between two attempts, or before the first; <see cref="GatewayClientState.RetryAfter"/> tells how long.</summary>
    Waiting,

    /// <summary>Ended for good. No other status follows.</summary>
    Stopped,
}
