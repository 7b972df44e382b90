using System.Diagnostics.Metrics;
using HeartbeatGateway.Client.Connecting;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Client.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeartbeatGateway.Client;

/// <summary>
/// A connection to a gateway that is kept for as long as the client lives: it connects, says hello, sends heartbeats, notices when
/// the gateway is dead, and comes back, for ever, until it is disposed or the gateway tells it not to. Thread-safe.
/// </summary>
/// <remarks>
/// A frame that <see cref="SendAsync"/> took is sent at most once: frames not yet given to the network when a connection breaks are sent
/// on the next one, in order; those that were may be lost. Nothing is acknowledged by the gateway.
/// </remarks>
public sealed class GatewayClient : IAsyncDisposable
{
    private readonly ClientLoop _loop;

    /// <summary>Makes a client that does nothing until <see cref="Start"/> or <see cref="ConnectAsync"/>.</summary>
    /// <param name="options">What it is to do.</param>
    /// <param name="loggerFactory">Where it logs. Null: nowhere.</param>
    /// <param name="timeProvider">All its time. Null: the system's.</param>
    /// <param name="meterFactory">Makes the meter <c>HeartbeatGateway.Client</c>. Null: one shared by the process.</param>
    /// <exception cref="GatewayClientOptionsException">An option is wrong; the message names it and what it may be.</exception>
    public GatewayClient(
        GatewayClientOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null, IMeterFactory? meterFactory = null)
        : this(options, loggerFactory, timeProvider, meterFactory, links: null, random: null)
    {
    }

    internal GatewayClient(
        GatewayClientOptions options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider, IMeterFactory? meterFactory, ILinkFactory? links, IRandom? random)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var logger = (ILogger?)loggerFactory?.CreateLogger<GatewayClient>() ?? NullLogger.Instance;
        _loop = new ClientLoop(options, logger, timeProvider ?? TimeProvider.System, ClientMetrics.For(meterFactory), links ?? new SocketLinkFactory(options), random ?? SharedRandom.Instance)
        {
            StateChanged = state => StateChanged?.Invoke(this, state),
            HeartbeatAnswered = rtt => HeartbeatAnswered?.Invoke(this, rtt),
            HasHeartbeatListener = () => HeartbeatAnswered is not null,
        };
    }

    /// <summary>
    /// Raised after each change of <see cref="State"/>: in order, one at a time, on the thread pool. A handler may take its time, block or
    /// dispose the client; what it throws is logged. A handler that is more than 64 events behind misses the oldest.
    /// </summary>
    public event EventHandler<GatewayClientState>? StateChanged;

    /// <summary>Raised when the gateway has answered a ping, with the time from sending to receiving; as <see cref="StateChanged"/> is.</summary>
    public event EventHandler<TimeSpan>? HeartbeatAnswered;

    /// <summary>What the client is doing now.</summary>
    public GatewayClientState State => _loop.States.Current;

    /// <summary>Ends when the client has ended for good: successfully when disposed, with <see cref="GatewayClosedException"/> when the gateway told it not to come back.</summary>
    public Task Completion => _loop.Completion;

    /// <summary>Begins to connect, and goes on for ever. Does nothing when it was called before.</summary>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public void Start() => _loop.Start();

    /// <summary>Starts, and waits until the client has been connected for the first time.</summary>
    /// <param name="cancellationToken">Ends the waiting; the client goes on.</param>
    /// <exception cref="GatewayClosedException">The client ended for good before it was connected.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed before the call.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        _loop.Start();
        return _loop.FirstConnected.WaitAsync(cancellationToken);
    }

    /// <summary>The present state and then each change, ending after <see cref="GatewayClientStatus.Stopped"/>. A reader that is more than 32 changes behind misses the oldest.</summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    public IAsyncEnumerable<GatewayClientState> WatchStateAsync(CancellationToken cancellationToken = default) => _loop.States.WatchAsync(cancellationToken);

    /// <summary>
    /// Queues a frame, connected or not; it is dated and signed when it is sent. Completes when the queue has taken it, which is at once unless
    /// the queue is full; see <see cref="GatewayClientOptions.SendQueueFullMode"/>.
    /// </summary>
    /// <param name="type">The frame's type: at most 50 bytes of UTF-8, not <c>ping</c>, <c>hello</c>, <c>welcome</c> or <c>close</c>.</param>
    /// <param name="content">The content; it is copied.</param>
    /// <param name="cancellationToken">Ends the waiting for room; a frame that was taken stays taken.</param>
    /// <exception cref="ArgumentException">The type is reserved or too long, or the frame is larger than the whole queue.</exception>
    /// <exception cref="SendQueueFullException">The queue is full and <see cref="SendQueueFull.Reject"/> holds.</exception>
    /// <exception cref="GatewayClosedException">The client has ended for good.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed before the call.</exception>
    public ValueTask SendAsync(string type, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => _loop.SendQueue.AddAsync(OutboundFrame.Make(type, content), cancellationToken);

    /// <summary>Queues a frame if there is room. Never waits.</summary>
    /// <returns>False when there is no room, others wait for it, or the client has ended or was disposed.</returns>
    /// <inheritdoc cref="SendAsync" path="/param"/>
    /// <exception cref="ArgumentException">The type is reserved or too long, or the frame is larger than the whole queue.</exception>
    public bool TrySend(string type, ReadOnlyMemory<byte> content) => _loop.SendQueue.TryAdd(OutboundFrame.Make(type, content));

    /// <summary>
    /// Messages that the gateway pushes, of all connections, in order. Each message goes to one reader. Ends when the client is disposed.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>; no message is lost by it.</param>
    /// <exception cref="GatewayClosedException">The client has ended for good and the last message was read.</exception>
    public IAsyncEnumerable<GatewayClientMessage> ReadMessagesAsync(CancellationToken cancellationToken = default) => _loop.Received.ReadAsync(cancellationToken);

    /// <summary>
    /// Ends the client. When connected, what is queued is sent, the gateway is told (end of stream) and its own end of stream is waited
    /// for, all within <see cref="GatewayClientOptions.GoodbyeTimeout"/>. May be called from anywhere, event handlers too, and more than once: all
    /// calls wait for the same end. It does not wait for event handlers.
    /// </summary>
    public ValueTask DisposeAsync() => _loop.DisposeAsync();
}
