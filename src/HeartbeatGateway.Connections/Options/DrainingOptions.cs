namespace HeartbeatGateway.Connections.Options;

/// <summary>How the gateway lets its clients go.</summary>
public sealed class DrainingOptions
{
    /// <summary>
    /// Over how long connections are ended when the gateway stops. Default 20 s, which fits into the 30 s that container engines wait before they
    /// kill; 0 ends all at once.
    /// </summary>
    public TimeSpan Duration { get; set; } = TimeSpan.FromSeconds(20);
}
