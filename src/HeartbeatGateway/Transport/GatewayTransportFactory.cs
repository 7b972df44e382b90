using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Epoll;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace HeartbeatGateway.Transport;

/// <summary>
/// Binds the endpoints for clients and for HTTP. Kestrel's own listener retries at once when file descriptors run out, and cannot be closed
/// separately from the others. These listeners differ in those two points and use Kestrel's connections.
/// </summary>
internal sealed class GatewayTransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly TcpOptions _options;
    private readonly Lazy<HttpConnectionTable> _http;
    private readonly GatewayEngine _engine;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly EmergencyDescriptors _reserve = new();
    private readonly SocketConnectionContextFactory _clients;
    private readonly SocketConnectionContextFactory _operators;
    private readonly IAcceptor _acceptor;

    public GatewayTransportFactory(ServiceOptions options, GatewayEngine engine, TimeProvider timeProvider, ILoggerFactory loggerFactory, HttpMetrics httpMetrics)
    {
        _options = options.Tcp;
        // The limit by file descriptors is read when the endpoints are bound. All HTTP endpoints share it.
        _http = new(() => new HttpConnectionTable(HttpDescriptorBudget.MaxConnections, options.Http.MaxConnectionsPerAddress, timeProvider, httpMetrics));
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
        _operators = new SocketConnectionContextFactory(
            new SocketConnectionFactoryOptions
            {
                // No queues of its own: under a flood of requests each of them would keep a thread of the pool for as long as the flood lasts.
                IOQueueCount = 0,
                // Requests are small. Up to this many bytes are read before the next connection is accepted: the default of 1 MiB takes 10 ms.
                MaxReadBufferSize = 16 * 1024,
            },
            logger);
        if (_options.Transport == TcpTransport.Epoll) Epoll = new EpollTransport(_options.InlineScheduling, loggerFactory.CreateLogger<EpollTransport>(), timeProvider);
        _acceptor = Epoll is null ? new SocketAcceptor(ConnectClient) : new EpollAcceptor(Epoll, _options.SendBufferBytes);
    }

    /// <summary>The transport of the clients; null with <see cref="TcpTransport.Sockets"/>.</summary>
    public EpollTransport? Epoll { get; }

    /// <summary>The client listener; null before the server has started.</summary>
    public GatewayListener? Listener { get; private set; }

    /// <summary>The listener for WebSockets; null without such an endpoint.</summary>
    public GatewayListener? WebSocketListener { get; private set; }

    public bool CanBind(EndPoint endpoint) => endpoint is GatewayEndPoint or IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        _engine.Accepts.BeginListening();
        if (endpoint is not GatewayEndPoint { Address: var address, Kind: var kind })
        {
            var http = Bind((IPEndPoint)endpoint, "ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS: ");
            return ValueTask.FromResult<IConnectionListener>(new AdminListener(http, ConnectOperator, _http.Value, _reserve, _timeProvider, _logger));
        }

        var isWebSocket = kind == TransportKind.WebSocket;
        var socket = Bind(address, isWebSocket ? "Gateway:WebSocket:Endpoint " : "Gateway:Tcp:Endpoint ");
        var listener = new GatewayListener(socket, kind, _acceptor, _engine, _reserve, _timeProvider, _logger);
        if (isWebSocket) WebSocketListener = listener;
        else Listener = listener;
        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    public void Dispose()
    {
        Epoll?.Dispose();
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
        // As for clients: the kernel buffers no megabytes for a peer that does not read its answers.
        if (_options.SendBufferBytes > 0) accepted.SendBufferSize = _options.SendBufferBytes;
        return _operators.Create(accepted);
    }
}
