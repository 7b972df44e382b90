using System.Net;

namespace HeartbeatGateway.Client.Transport;

/// <summary>One established connection, including TLS.</summary>
internal abstract class ClientTransport : IAsyncDisposable
{
    protected ClientTransport(Stream wire) => Wire = new ObservedStream(wire);

    /// <summary>Receives notifications of bytes on the wire.</summary>
    public IWireObserver? Observer
    {
        set => Wire.Observer = value;
    }

    /// <summary>The stream for reading and writing frames; a zero-byte read waits for bytes.</summary>
    public virtual Stream Stream => Wire;

    public abstract EndPoint RemoteEndPoint { get; }

    /// <summary>True when received bytes are still unread.</summary>
    public abstract bool HasUnreadInput { get; }

    protected ObservedStream Wire { get; }

    /// <summary>Ends the outgoing stream; reading continues.</summary>
    public abstract ValueTask ShutdownOutputAsync();

    /// <summary>Aborts pending reads and writes. May be called from any thread and more than once; never throws.</summary>
    public abstract void Abort();

    /// <summary>Frees all resources. May be called only when no read or write is pending.</summary>
    public abstract ValueTask DisposeAsync();
}
