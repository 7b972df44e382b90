using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Server.Options;

/// <summary>What a frame may be.</summary>
public sealed class FrameOptions
{
    /// <summary>Largest content, in bytes. Default 65,536.</summary>
    public int MaxContentBytes { get; set; } = 65_536;

    /// <summary>Largest content of a connection's first valid frame, in bytes. Default 4,096: a stranger may not make the gateway hold more.</summary>
    public int MaxFirstContentBytes { get; set; } = 4_096;

    /// <summary>A frame once begun must be complete within this time plus one second for every 64 KiB of its length. Default 10 s; 0 is off.</summary>
    public TimeSpan FrameTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What to do where a frame must start and none does. Default Strict.</summary>
    public FrameResync Resync { get; set; } = FrameResync.Strict;

    /// <summary>The wall clock of dates on the wire: <c>UTC</c> (default), an offset such as <c>+08:00</c>, or an IANA id. Article clients write local time.</summary>
    public string TimeZone { get; set; } = "UTC";
}
