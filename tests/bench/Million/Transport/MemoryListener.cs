using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Million.Transport;

/// <summary>Accepts connections in memory one after another, as a listening socket does.</summary>
internal sealed class MemoryListener(EndPoint endPoint, int backlog) : IConnectionListener
{
    private readonly Channel<MemoryConnection> _backlog =
        Channel.CreateBounded<MemoryConnection>(new BoundedChannelOptions(backlog) { SingleReader = true });

    public EndPoint EndPoint { get; } = endPoint;

    /// <summary>A client connects. The connection waits in the backlog together with the bytes that the client has sent.</summary>
    /// <returns>False when the backlog is full.</returns>
    public bool TryConnect(MemoryConnection connection) => _backlog.Writer.TryWrite(connection);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _backlog.Reader.WaitToReadAsync(cancellationToken) && _backlog.Reader.TryRead(out var connection) ? connection : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _backlog.Writer.TryComplete();
        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
