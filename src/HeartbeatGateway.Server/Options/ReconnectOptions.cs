namespace HeartbeatGateway.Server.Options;

/// <summary>Who counts as having come back.</summary>
public sealed class ReconnectOptions
{
    /// <summary>How long an ended connection is remembered. Default 5 min.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many ended connections are remembered at most, for all addresses together; the oldest is forgotten first. Default 65,536, about 8 MB.</summary>
    public int MaxRemembered { get; set; } = 65_536;
}
