using System.Net;

namespace HeartbeatGateway.Client.Transport;

/// <summary>One established connection, TLS included.</summary>
internal abstract class ClientTransport : IAsyncDisposable
{
    protected ClientTransport(Stream wire) => Wire = new ObservedStream(wire);

    /// <summary>Is told of bytes on the wire.</summary>
    public IWireObserver? Observer
    {
        set => Wire.Observer = value;
    }

    /// <summary>Where frames are read and written; a zero-byte read waits for bytes.</summary>
    public virtual Stream Stream => Wire;

    public abstract EndPoint RemoteEndPoint { get; }

    /// <summary>True when bytes have arrived that nobody has read yet.</summary>
    public abstract bool HasUnreadInput { get; }

    protected ObservedStream Wire { get; }

    /// <summary>Says that no more will be sent; reading goes on.</summary>
    public abstract ValueTask ShutdownOutputAsync();

    /// <summary>Ends reads and writes that are under way. From any thread, any number of times; never throws.</summary>
    public abstract void Abort();

    /// <summary>Frees everything. Only when no read or write is under way.</summary>
    public abstract ValueTask DisposeAsync();
}
