namespace HeartbeatGateway.Protocol.Heartbeats;

/// <summary>The three kinds of silence, as in Netty's <c>IdleStateHandler</c>.</summary>
public enum IdleKind
{
    /// <summary>Nothing was read.</summary>
    Reader,

    /// <summary>Nothing was written.</summary>
    Writer,

    /// <summary>Nothing was read or written.</summary>
    All,
}
