namespace HeartbeatGateway.Connections.Options;

/// <summary>How the gateway lets its clients go.</summary>
public sealed class DrainingOptions
{
    /// <summary>Over how long connections are ended when the gateway stops. Default 0: all at once.</summary>
    public TimeSpan Duration { get; set; } = TimeSpan.Zero;
}
