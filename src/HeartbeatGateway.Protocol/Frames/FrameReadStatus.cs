namespace HeartbeatGateway.Protocol.Frames;

/// <summary>The result of <see cref="FrameReader.TryRead"/>. <see cref="Incomplete"/> is a normal result, not an error.</summary>
public enum FrameReadStatus
{
    /// <summary>The buffer ends before the frame ends. The caller retries when it has more bytes.</summary>
    Incomplete,

    /// <summary>A frame was read.</summary>
    Complete,

    /// <summary>The bytes where a frame must start are not the magic number.</summary>
    BadMagic,

    /// <summary>The length is negative or above the limit.</summary>
    BadLength,
}
