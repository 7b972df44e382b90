using System.Net;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Million.Transport;

/// <summary>Binds only endpoints in memory for Kestrel.</summary>
internal sealed class MemoryListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is MemoryEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(((MemoryEndPoint)endpoint).Listener);
}
