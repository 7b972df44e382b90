namespace HeartbeatGateway.Client;

/// <summary>A frame was rejected because the send queue is full and the mode is <see cref="SendQueueFull.Reject"/>.</summary>
public sealed class SendQueueFullException : InvalidOperationException
{
    /// <summary>Creates an exception with the contents of the queue.</summary>
    /// <param name="frames">The number of frames in the queue.</param>
    /// <param name="bytes">The number of their bytes on the wire.</param>
    public SendQueueFullException(int frames, long bytes)
        : base(
            $"The send queue is full: {frames} frames, {bytes} bytes wait to be sent. "
            + "Send less, raise SendQueueCapacity or SendQueueBytes, or choose SendQueueFull.Wait.")
    {
        Frames = frames;
        Bytes = bytes;
    }

    /// <summary>The number of frames in the queue.</summary>
    public int Frames { get; }

    /// <summary>The number of their bytes on the wire.</summary>
    public long Bytes { get; }
}
