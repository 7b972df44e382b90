namespace HeartbeatGateway.Server.Options;

/// <summary>How the gateway closes its connections on shutdown, and those of a certain age.</summary>
public sealed class DrainingOptions
{
    /// <summary>
    /// The time over which connections are closed when the gateway stops. Default 20 s, which fits into the 30 s that container engines wait before they
    /// kill the process. 0 closes all at once.
    /// </summary>
    [Displayable]
    public TimeSpan Duration { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Closes each connection at this age, plus or minus up to 10 %, so that a fleet spreads to gateways that were started later. Default 0: off.
    /// </summary>
    [Displayable]
    public TimeSpan MaxConnectionAge { get; set; }
}
