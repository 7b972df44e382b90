namespace HeartbeatGateway.Protocol.Frames;

/// <summary>What the reader does when the bytes where a frame must start are not the magic number.</summary>
public enum FrameResync
{
    /// <summary>The reader reports <see cref="FrameReadStatus.BadMagic"/> immediately.</summary>
    Strict,

    /// <summary>
    /// The reader skips bytes one by one until the next magic number, at most <see cref="FrameReader.MaxSkippedBytes"/> without a complete
    /// frame.
    /// </summary>
    Scan,
}
