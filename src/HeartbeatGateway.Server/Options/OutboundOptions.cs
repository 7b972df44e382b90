namespace HeartbeatGateway.Server.Options;

/// <summary>What may wait to be sent to one client.</summary>
public sealed class OutboundOptions
{
    /// <summary>Bytes that may wait for one client; a frame above that is dropped and counted. Default 256 KiB.</summary>
    public int MaxPendingBytes { get; set; } = 256 * 1024;

    /// <summary>Closes a client that took no byte of what waits for it for so long. Default 10 s; 0 is off.</summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
