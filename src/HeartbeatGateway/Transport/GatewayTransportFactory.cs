using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace HeartbeatGateway.Transport;

/// <summary>
/// Binds the TCP endpoint. Kestrel's own listener retries at once when descriptors run out, cannot be closed without the HTTP
/// endpoint, and does not tell whether it still accepts; this one differs in those points and uses Kestrel's connections.
/// </summary>
internal sealed class GatewayTransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly TcpOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly SocketConnectionContextFactory _connections;

    public GatewayTransportFactory(ServiceOptions options, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        _options = options.Tcp;
        _timeProvider = timeProvider;
        _logger = loggerFactory.CreateLogger<GatewayListener>();
        var transport = new SocketConnectionFactoryOptions
        {
            UnsafePreferInlineScheduling = _options.InlineScheduling,
            // Next to nothing: a flush completes only when the kernel has taken every byte, so that what is pending is known to the
            // byte, and a socket is not shut down before its last frame has left.
            MaxWriteBufferSize = 2,
        };
        _connections = new SocketConnectionContextFactory(transport, loggerFactory.CreateLogger("HeartbeatGateway.Transport"));
    }

    /// <summary>The listener; null before the server has started.</summary>
    public GatewayListener? Listener { get; private set; }

    public bool CanBind(EndPoint endpoint) => endpoint is GatewayEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var address = ((GatewayEndPoint)endpoint).Address;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(address);
            socket.Listen(_options.Backlog);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"Gateway:Tcp:Endpoint {address} cannot be bound: {e.Message}.", e);
        }

        Listener = new GatewayListener(socket, _connections, _options, _timeProvider, _logger);
        return ValueTask.FromResult<IConnectionListener>(Listener);
    }

    public void Dispose() => _connections.Dispose();
}
