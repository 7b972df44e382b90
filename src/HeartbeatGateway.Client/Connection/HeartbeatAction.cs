namespace HeartbeatGateway.Client.Connection;

/// <summary>The action that <see cref="HeartbeatState.Check"/> requests.</summary>
internal enum HeartbeatAction
{
    /// <summary>Nothing until the deadline.</summary>
    None,

    /// <summary>A ping is due.</summary>
    Ping,

    /// <summary>The gateway is dead: the server timeout has passed.</summary>
    Dead,

    /// <summary>Bytes arrive, but no ping was answered within its bound.</summary>
    NoAnswer,
}
