using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace HeartbeatGateway.Transport;

/// <summary>
/// Binds the client endpoint and the HTTP endpoints. Kestrel's own listener retries at once when file descriptors run out, and cannot be closed
/// separately from the others. These listeners differ in those two points and use Kestrel's connections.
/// </summary>
internal sealed class GatewayTransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly TcpOptions _options;
    private readonly GatewayEngine _engine;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly EmergencyDescriptors _reserve = new();
    private readonly SocketConnectionContextFactory _clients;
    private readonly SocketConnectionContextFactory _operators;

    public GatewayTransportFactory(ServiceOptions options, GatewayEngine engine, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        _options = options.Tcp;
        _engine = engine;
        _timeProvider = timeProvider;
        _logger = loggerFactory.CreateLogger<GatewayListener>();
        var logger = loggerFactory.CreateLogger("HeartbeatGateway.Transport");
        var transport = new SocketConnectionFactoryOptions
        {
            UnsafePreferInlineScheduling = _options.InlineScheduling,
            // Nearly zero: a flush completes only when the kernel has taken every byte. So the number of pending bytes is exact, and a socket
            // is not shut down before its last frame was sent.
            MaxWriteBufferSize = 2,
            // Bytes that may wait for a paused reader. Larger frames are possible: bytes that the reader has examined do not count.
            MaxReadBufferSize = 64 * 1024,
        };
        _clients = new SocketConnectionContextFactory(transport, logger);
        _operators = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), logger);
    }

    /// <summary>The client listener; null before the server has started.</summary>
    public GatewayListener? Listener { get; private set; }

    public bool CanBind(EndPoint endpoint) => endpoint is GatewayEndPoint or IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        _engine.Accepts.BeginListening();
        if (endpoint is not GatewayEndPoint { Address: var address })
        {
            var http = Bind((IPEndPoint)endpoint, "ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS: ");
            return ValueTask.FromResult<IConnectionListener>(new AdminListener(http, ConnectOperator, HttpDescriptorBudget.MaxConnections, _reserve, _timeProvider, _logger));
        }

        var socket = Bind(address, "Gateway:Tcp:Endpoint ");
        Listener = new GatewayListener(socket, ConnectClient, _engine, _reserve, _timeProvider, _logger);
        return ValueTask.FromResult<IConnectionListener>(Listener);
    }

    public void Dispose()
    {
        _clients.Dispose();
        _operators.Dispose();
        _reserve.Dispose();
    }

    private Socket Bind(IPEndPoint address, string setting)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(address);
            socket.Listen(_options.Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            var message = $"{setting}{address} cannot be bound: {e.Message}.";
            // The machine has no IPv6, or lacks one of the two loopback addresses: Kestrel continues with the other address.
            if ((IPAddress.IsLoopback(address.Address) || address.Address.Equals(IPAddress.IPv6Any))
                && e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported or SocketError.ProtocolNotSupported)
            {
                throw new EndpointUnavailableException(message, e);
            }

            throw new IOException(message, e);
        }
    }

    private ConnectionContext ConnectClient(Socket accepted)
    {
        accepted.NoDelay = true;
        if (_options.SendBufferBytes > 0) accepted.SendBufferSize = _options.SendBufferBytes;
        return _clients.Create(accepted);
    }

    private ConnectionContext ConnectOperator(Socket accepted)
    {
        accepted.NoDelay = true;
        return _operators.Create(accepted);
    }
}
