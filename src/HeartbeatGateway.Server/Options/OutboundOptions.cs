namespace HeartbeatGateway.Server.Options;

/// <summary>Limits of the outbound queue of one client.</summary>
public sealed class OutboundOptions
{
    /// <summary>The most pending bytes for one client. A frame that would exceed it is dropped and counted. Default 256 KiB.</summary>
    [Displayable]
    public int MaxPendingBytes { get; set; } = 256 * 1024;

    /// <summary>Closes the connection of a client that took no pending byte for this time (a slow consumer). Default 10 s; 0 is off.</summary>
    [Displayable]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
