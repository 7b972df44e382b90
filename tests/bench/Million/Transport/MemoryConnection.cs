using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Million.Transport;

/// <summary>
/// A connection in memory as a server sees it. One object replaces the many objects of a socket connection: its two pipes cost 200 bytes,
/// where System.IO.Pipelines takes a few thousand. It must be small, since a million of them are in the process that is measured.
/// </summary>
internal sealed class MemoryConnection : ConnectionContext, IDuplexPipe, IConnectionIdFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionTransportFeature
{
    private readonly IMemoryPeer _peer;
    private readonly int _client;
    private readonly MemoryInput _input = new();
    private readonly MemoryOutput _output;
    private string? _id;
    private IDuplexPipe? _transport;
    private IDictionary<object, object?>? _items;
    private CancellationTokenSource? _closed;
    private int _isClosed;

    /// <param name="peer">The peer at the other end.</param>
    /// <param name="client">The number of the client within the peer.</param>
    /// <param name="remote">The address of the client.</param>
    public MemoryConnection(IMemoryPeer peer, int client, IPEndPoint remote)
    {
        (_peer, _client) = (peer, client);
        _output = new MemoryOutput(peer, client);
        Features = new MemoryFeatures(this);
        RemoteEndPoint = remote;
    }

    PipeReader IDuplexPipe.Input => _input;

    PipeWriter IDuplexPipe.Output => _output;

    /// <summary>Created on first use, as in Kestrel.</summary>
    public override string ConnectionId
    {
        get => _id ??= _client.ToString("X13", CultureInfo.InvariantCulture);
        set => _id = value;
    }

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _transport ?? this;
        set => _transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get
        {
            var source = LazyInitializer.EnsureInitialized(ref _closed, static () => new CancellationTokenSource());
            if (Volatile.Read(ref _isClosed) != 0) source.Cancel();
            return source.Token;
        }
        set => throw new NotSupportedException();
    }

    /// <inheritdoc cref="MemoryInput.TryWrite"/>
    public bool Send(ReadOnlySpan<byte> bytes) => _input.TryWrite(bytes);

    /// <summary>The client closes the connection: it neither sends nor receives anything more.</summary>
    public void Hang()
    {
        _output.Close();
        _input.Close();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _output.Close();
        _input.Close(abortReason);
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _input.Complete();
            _output.Complete();
            Volatile.Read(ref _closed)?.Cancel();
            _peer.Closed(_client);
        }

        return base.DisposeAsync();
    }
}
