using System.Diagnostics.Metrics;
using System.Text;
using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Client.Telemetry;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol.Frames;
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
    private readonly ClientContext _client;
    private readonly ConnectionLoop _loop;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _firstConnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private bool _isStarted;
    private bool _isDisposed;

    /// <summary>Makes a client that does nothing until <see cref="Start"/> or <see cref="ConnectAsync"/>.</summary>
    /// <param name="options">What it is to do.</param>
    /// <param name="loggerFactory">Where it logs. Null: nowhere.</param>
    /// <param name="timeProvider">All its time. Null: the system's.</param>
    /// <param name="meterFactory">Makes the meter <c>HeartbeatGateway.Client</c>. Null: one shared by the process.</param>
    /// <exception cref="GatewayClientOptionsException">An option is wrong; the message names it and what it may be.</exception>
    public GatewayClient(
        GatewayClientOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null, IMeterFactory? meterFactory = null)
        : this(options, loggerFactory, timeProvider ?? TimeProvider.System, meterFactory, transports: null, Random.Shared)
    {
    }

    internal GatewayClient(
        GatewayClientOptions options, ILoggerFactory? loggerFactory, TimeProvider timeProvider, IMeterFactory? meterFactory, ITransportFactory? transports, Random random)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("HeartbeatGateway.Client");
        _client = new ClientContext(options, logger, timeProvider, ClientMetrics.For(meterFactory), OnStateChanged) { HeartbeatAnswered = OnHeartbeatAnswered };
        _loop = new ConnectionLoop(_client, transports ?? new SocketTransportFactory(options, timeProvider), random);
    }

    /// <summary>
    /// Raised after each change of <see cref="State"/>: in order, one at a time, on the thread pool. A handler may take its time, block or
    /// dispose the client; what it throws is logged. A handler that is more than 64 events behind misses the oldest.
    /// </summary>
    public event EventHandler<GatewayClientState>? StateChanged;

    /// <summary>Raised when the gateway has answered a ping, with the time from sending to receiving; as <see cref="StateChanged"/> is.</summary>
    public event EventHandler<TimeSpan>? HeartbeatAnswered;

    /// <summary>What the client is doing now.</summary>
    public GatewayClientState State => _client.States.Current;

    /// <summary>Ends when the client has ended for good: successfully when disposed, with <see cref="GatewayClosedException"/> when the gateway told it not to come back.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Begins to connect, and goes on for ever. Does nothing when it was called before.</summary>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_isStarted) return;
            _isStarted = true;
        }

        // The client outlives its caller's request: nothing of the caller's context is kept.
        ThreadPool.UnsafeQueueUserWorkItem(static client => _ = client.RunAsync(), this, preferLocal: false);
    }

    /// <summary>Starts, and waits until the client has been connected for the first time.</summary>
    /// <param name="cancellationToken">Ends the waiting; the client goes on.</param>
    /// <exception cref="GatewayClosedException">The client ended for good before it was connected.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed before the call.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        Start();
        return _firstConnected.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The present state and then each change, ending after <see cref="GatewayClientStatus.Stopped"/>. A reader that is more than 32 changes behind misses the oldest.</summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    public IAsyncEnumerable<GatewayClientState> WatchStateAsync(CancellationToken cancellationToken = default) => _client.States.WatchAsync(cancellationToken);

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
    public ValueTask SendAsync(string type, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        _client.SendQueue.EnqueueAsync(FrameOf(type, content), cancellationToken);

    /// <summary>Queues a frame if there is room. Never waits.</summary>
    /// <returns>False when there is no room, others wait for it, or the client has ended or was disposed.</returns>
    /// <inheritdoc cref="SendAsync" path="/param"/>
    /// <exception cref="ArgumentException">The type is reserved or too long, or the frame is larger than the whole queue.</exception>
    public bool TrySend(string type, ReadOnlyMemory<byte> content) => _client.SendQueue.TryEnqueue(FrameOf(type, content));

    /// <summary>
    /// Messages that the gateway pushes, of all connections, in order. Each message goes to one reader. Ends when the client is disposed.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>; no message is lost by it.</param>
    /// <exception cref="GatewayClosedException">The client has ended for good and the last message was read.</exception>
    public IAsyncEnumerable<GatewayClientMessage> ReadMessagesAsync(CancellationToken cancellationToken = default) => _client.Inbox.ReadAllAsync(cancellationToken);

    /// <summary>
    /// Ends the client. When connected, what is queued is sent, the gateway is told (end of stream) and its own end of stream is waited
    /// for, all within <see cref="GatewayClientOptions.CloseTimeout"/>. May be called from anywhere, event handlers too, and more than once: all
    /// calls wait for the same end. It does not wait for event handlers.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        bool isFirst, isRunning;
        lock (_lock)
        {
            (isFirst, isRunning) = (!_isDisposed, _isStarted);
            _isDisposed = true;
        }

        if (isFirst)
        {
            var noRoom = DisconnectMessages.Disposed("The client was disposed before there was room to send.");
            _client.SendQueue.Close(static () => new ObjectDisposedException(nameof(GatewayClient)), () => new GatewayClosedException(noRoom));
            // On the thread pool: what follows is not the caller's to run. The source is not disposed; it has neither timer nor handle.
            _ = _stopping.CancelAsync();
            if (!isRunning) Finish(DisconnectMessages.Disposed("The client was disposed before it was started."));
        }

        return new ValueTask(_ended.Task);
    }

    private async Task RunAsync()
    {
        DisconnectInfo end;
        try
        {
            end = await _loop.RunAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Cannot happen, and must not end in silence if it does.
            _client.Logger.InternalFault(e);
            end = DisconnectMessages.Internal(e) with { Retry = false };
        }

        Finish(end);
    }

    private void Finish(DisconnectInfo end)
    {
        var isDisposed = end.Kind == DisconnectKind.Disposed;
        if (isDisposed) _client.Logger.Disposed(end.Message);
        else _client.Logger.StoppedByGateway(end.Message);

        Func<GatewayClosedException> closed = () => new GatewayClosedException(end);
        _client.ChangeState(state => new GatewayClientState
        {
            Status = GatewayClientStatus.Stopped,
            Attempt = state.Attempt,
            SessionId = state.SessionId,
            Heartbeat = _client.Options.Heartbeat,
            LastDisconnect = end,
        });
        _client.SendQueue.Close(closed, closed);
        _client.SendQueue.DropAll();
        _client.Inbox.Complete(isDisposed ? null : closed);
        if (isDisposed) _completion.TrySetResult();
        else Fail(_completion, closed());
        Fail(_firstConnected, closed());
        _ended.TrySetResult();
    }

    /// <summary>Whoever waits gets the exception; where nobody does, it is no unobserved one.</summary>
    private static void Fail(TaskCompletionSource source, Exception exception)
    {
        if (source.TrySetException(exception)) _ = source.Task.Exception;
    }

    private void OnStateChanged(GatewayClientState state)
    {
        if (state.Status == GatewayClientStatus.Connected) _firstConnected.TrySetResult();
        if (StateChanged is not null) _client.Events.Post(() => Raise(StateChanged, state));
    }

    private void OnHeartbeatAnswered(TimeSpan roundTrip)
    {
        if (HeartbeatAnswered is not null) _client.Events.Post(() => Raise(HeartbeatAnswered, roundTrip));
    }

    private void Raise<T>(EventHandler<T>? handlers, T argument)
    {
        // Read when it is raised: who has left by then is not called any more.
        if (handlers is not null) _client.Events.Raise(handlers, this, argument);
    }

    private OutgoingFrame FrameOf(string type, ReadOnlyMemory<byte> content)
    {
        ArgumentNullException.ThrowIfNull(type);
        var typeBytes = Encoding.UTF8.GetBytes(type);
        if (typeBytes.Length > FrameFormat.FieldLength) throw new ArgumentException($"The type has {typeBytes.Length} bytes of UTF-8; a frame has room for {FrameFormat.FieldLength}.", nameof(type));
        if (FrameKinds.Of(FrameFormat.Trim(typeBytes)) is FrameKind.Ping or FrameKind.Hello or FrameKind.Welcome or FrameKind.Close)
        {
            throw new ArgumentException($"The type '{type}' is the protocol's own; the client sends what is needed by itself.", nameof(type));
        }

        if (FrameFormat.HeaderLength + (long)content.Length > _client.Options.SendQueueBytes)
        {
            throw new ArgumentException($"A frame with {content.Length} bytes of content is larger than the whole send queue, SendQueueBytes = {_client.Options.SendQueueBytes}.", nameof(content));
        }

        return new OutgoingFrame(typeBytes, content.ToArray());
    }
}
