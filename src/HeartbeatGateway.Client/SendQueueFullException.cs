namespace HeartbeatGateway.Client;

/// <summary>A frame was not taken because the send queue is full and <see cref="SendQueueFull.Reject"/> holds.</summary>
public sealed class SendQueueFullException : InvalidOperationException
{
    /// <summary>Makes an exception that tells what was in the queue.</summary>
    /// <param name="frames">Frames in the queue.</param>
    /// <param name="bytes">Their bytes on the wire.</param>
    public SendQueueFullException(int frames, long bytes)
        : base($"The send queue is full: {frames} frames, {bytes} bytes wait to be sent. Send less, raise SendQueueCapacity or SendQueueBytes, or choose SendQueueFull.Wait.")
    {
        Frames = frames;
        Bytes = bytes;
    }

    /// <summary>Frames in the queue.</summary>
    public int Frames { get; }

    /// <summary>Their bytes on the wire.</summary>
    public long Bytes { get; }
}
