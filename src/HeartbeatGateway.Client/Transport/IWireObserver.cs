namespace HeartbeatGateway.Client.Transport;

/// <summary>Is told of bytes on the wire itself, below TLS: one byte of a record is a sign of life, too.</summary>
internal interface IWireObserver
{
    /// <summary>At least one byte was read.</summary>
    void BytesRead();

    /// <summary>A write was taken by the network.</summary>
    void BytesWritten();
}
