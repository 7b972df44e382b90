namespace HeartbeatGateway.Server.Options;

/// <summary>When a new connection counts as a reconnect.</summary>
public sealed class ReconnectOptions
{
    /// <summary>How long a closed connection is remembered. Default 5 min.</summary>
    [Displayable]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The most closed connections that are remembered, over all addresses. The oldest is dropped first. Default 65,536, about 8 MB.
    /// </summary>
    [Displayable]
    public int MaxRemembered { get; set; } = 65_536;
}
