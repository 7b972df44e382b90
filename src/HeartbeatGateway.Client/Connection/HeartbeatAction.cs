namespace HeartbeatGateway.Client.Connection;

/// <summary>What <see cref="HeartbeatState.Check"/> asks for.</summary>
internal enum HeartbeatAction
{
    /// <summary>Nothing before the deadline.</summary>
    None,

    /// <summary>A ping is due.</summary>
    Ping,

    /// <summary>The gateway was silent for too long.</summary>
    Dead,
}
