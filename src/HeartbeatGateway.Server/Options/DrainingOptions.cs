namespace HeartbeatGateway.Server.Options;

/// <summary>How the gateway lets its clients go.</summary>
public sealed class DrainingOptions
{
    /// <summary>
    /// Over how long connections are ended when the gateway stops. Default 20 s, which fits into the 30 s that container engines wait before they
    /// kill; 0 ends all at once.
    /// </summary>
    public TimeSpan Duration { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Ends each connection at this age, give or take a tenth, so that a fleet spreads over gateways that came later. Default 0: off.</summary>
    public TimeSpan MaxConnectionAge { get; set; }
}
