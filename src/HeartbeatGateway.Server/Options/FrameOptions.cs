using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Server.Options;

/// <summary>Limits and rules for frames.</summary>
public sealed class FrameOptions
{
    /// <summary>Largest content, in bytes. Default 65,536.</summary>
    [Displayable]
    public int MaxContentBytes { get; set; } = 65_536;

    /// <summary>
    /// Largest content of a connection's first valid frame, in bytes. Default 4,096. It bounds what the gateway buffers for an unauthenticated
    /// connection.
    /// </summary>
    [Displayable]
    public int MaxFirstContentBytes { get; set; } = 4_096;

    /// <summary>A frame must be complete within this time after its first byte, plus one second per 64 KiB of its length. Default 10 s; 0 is off.</summary>
    [Displayable]
    public TimeSpan FrameTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What happens when the bytes at a frame's start are no frame. Default Strict.</summary>
    [Displayable]
    public FrameResync Resync { get; set; } = FrameResync.Strict;

    /// <summary>
    /// The time zone of dates on the wire: <c>UTC</c> (default), an offset such as <c>+08:00</c>, or an IANA id. Clients in the style of the Netty
    /// heartbeat tutorial write local time.
    /// </summary>
    [Displayable]
    public string TimeZone { get; set; } = "UTC";

    /// <summary>
    /// Sends a frame of type <c>notice</c> to a client whose hello is not one, with the cause. Default: on in Development, otherwise off, since clients in the
    /// style of that tutorial show every frame to their users.
    /// </summary>
    [Displayable]
    public bool? HelloNotices { get; set; }
}
