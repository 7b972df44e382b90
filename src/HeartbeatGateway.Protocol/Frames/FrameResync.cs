namespace HeartbeatGateway.Protocol.Frames;

/// <summary>What the reader does where a frame must start and the magic number does not stand.</summary>
public enum FrameResync
{
    /// <summary>A violation at once.</summary>
    Strict,

    /// <summary>Skip byte by byte to the next magic number, at most <see cref="FrameReader.MaxSkippedBytes"/> in a row.</summary>
    Scan,
}
