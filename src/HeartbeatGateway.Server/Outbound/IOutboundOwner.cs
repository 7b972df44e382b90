namespace HeartbeatGateway.Server.Outbound;

/// <summary>The events that an <see cref="OutboundQueue"/> reports to its connection. Called without the queue's lock; must not block.</summary>
internal interface IOutboundOwner
{
    /// <summary>The current timestamp.</summary>
    long Now { get; }

    /// <summary>The transport took bytes.</summary>
    void BytesTaken(int bytes, long now);

    /// <summary>Frames were accepted and will not be sent.</summary>
    void FramesDropped(int frames);

    /// <summary>The transport did not take a write at once: the write timeout runs.</summary>
    void WriteBlocked();

    /// <summary>The transport has closed; nothing more will be sent.</summary>
    void TransportClosed();

    /// <summary>Writing failed; nothing more will be sent.</summary>
    void WriteFailed(Exception exception);
}
