namespace HeartbeatGateway.Protocol.Frames;

/// <summary>What <see cref="FrameReader.TryRead"/> found. "Not enough bytes" is an answer, not an error.</summary>
public enum FrameReadStatus
{
    /// <summary>The buffer ends before the frame does; call again with more bytes.</summary>
    Incomplete,

    /// <summary>A frame was read.</summary>
    Complete,

    /// <summary>No magic number where a frame must start.</summary>
    BadMagic,

    /// <summary>The length is negative or above the limit.</summary>
    BadLength,
}
