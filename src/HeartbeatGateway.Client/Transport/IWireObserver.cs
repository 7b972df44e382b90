namespace HeartbeatGateway.Client.Transport;

/// <summary>Observes bytes on the wire, below TLS: one byte of a TLS record is already a sign of life.</summary>
internal interface IWireObserver
{
    /// <summary>At least one byte was read.</summary>
    void BytesRead();

    /// <summary>A write to the network has completed.</summary>
    void BytesWritten();
}
