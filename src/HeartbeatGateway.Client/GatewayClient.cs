using System.Diagnostics.Metrics;
using HeartbeatGateway.Client.Acknowledgements;
using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Client.Telemetry;
using HeartbeatGateway.Client.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeartbeatGateway.Client;

/// <summary>
/// Keeps one connection to a gateway open: connects, sends a hello, sends heartbeats and detects a dead gateway. Reconnects until it is
/// disposed or the gateway forbids it to reconnect. Thread-safe.
/// </summary>
/// <remarks>
/// Without <see cref="GatewayClientOptions.Acknowledgements"/>, an accepted frame is sent at most once. Frames that a broken connection has not written are sent
/// on the next one, in order; written ones may be lost (<see cref="DisconnectInfo.UnconfirmedMessages"/>). After a <c>close</c> frame the client only finishes
/// the write under way. With acknowledgements, a frame is kept until the gateway has acknowledged it, and is sent again on each further connection until then:
/// at least once, as long as the client runs. The gateway recognises a frame that arrives twice by its number.
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
    private EventHandler<DroppedMessages>? _messagesDropped;
    private bool _isStarted;
    private bool _isDisposed;

    /// <summary>Creates a client. It does nothing until <see cref="Start"/> or <see cref="ConnectAsync"/> is called.</summary>
    /// <param name="options">The configuration of the client.</param>
    /// <param name="loggerFactory">Creates the logger. Null: the client does not log.</param>
    /// <param name="timeProvider">The source of all clocks and timers. Null: the system's.</param>
    /// <param name="meterFactory">Creates the meter <c>HeartbeatGateway.Client</c>. Null: one meter is shared in the process.</param>
    /// <exception cref="GatewayClientOptionsException">An option is not valid; the message names it and its valid values.</exception>
    public GatewayClient(
        GatewayClientOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null, IMeterFactory? meterFactory = null)
        : this(options, loggerFactory, timeProvider ?? TimeProvider.System, meterFactory, transports: null, Random.Shared)
    {
    }

    internal GatewayClient(
        GatewayClientOptions options,
        ILoggerFactory? loggerFactory,
        TimeProvider timeProvider,
        IMeterFactory? meterFactory,
        ITransportFactory? transports,
        Random random)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("HeartbeatGateway.Client");
        _client = new ClientContext(options, logger, timeProvider, ClientMetrics.For(meterFactory), OnStateChanged) { HeartbeatAnswered = OnHeartbeatAnswered };
        _loop = new ConnectionLoop(_client, transports ?? new SocketTransportFactory(options, timeProvider), random);
    }

    /// <summary>
    /// Raised after each change of <see cref="State"/>: in order, one at a time, on the thread pool. A handler may be slow, block or
    /// dispose the client; an exception that it throws is logged. A handler that is more than 64 events behind misses the oldest events.
    /// </summary>
    public event EventHandler<GatewayClientState>? StateChanged;

    /// <summary>
    /// Raised when the gateway has answered a ping, with the round-trip time. The rules for handlers are those of <see cref="StateChanged"/>.
    /// </summary>
    public event EventHandler<TimeSpan>? HeartbeatAnswered;

    /// <summary>
    /// Raised when messages were dropped, in either direction. Drops of one reason that occur while a handler runs are reported together. The
    /// rules for handlers are those of <see cref="StateChanged"/>. The log has a warning, at most one for each reason in 10 s.
    /// </summary>
    public event EventHandler<DroppedMessages>? MessagesDropped
    {
        add
        {
            _messagesDropped += value;
            _client.Drops.Raised = dropped => Raise(_messagesDropped, dropped);
        }

        remove => _messagesDropped -= value;
    }

    /// <summary>The current state of the client.</summary>
    public GatewayClientState State => _client switch
    {
        { Unacknowledged: { } messages, States.Current: { Status: not GatewayClientStatus.Stopped } state } => state with { UnacknowledgedMessages = messages.Count },
        _ => _client.States.Current,
    };

    /// <summary>
    /// Completes when the client has stopped permanently: successfully when it was disposed, with <see cref="GatewayClosedException"/> when
    /// the gateway forbade it to reconnect.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>The number of messages that were dropped for a reason since the client was created.</summary>
    /// <param name="reason">The reason.</param>
    public long CountDropped(MessageDropReason reason) => _client.Drops.Total(reason);

    /// <summary>What became of the numbered messages so far. All 0 without <see cref="GatewayClientOptions.Acknowledgements"/>.</summary>
    public AcknowledgementCounts Acknowledgements => _client.Unacknowledged?.Read(_client.Pushes!.Duplicates) ?? default;

    internal bool StopsHost => _client.Options.StopHostWhenClosed;

    internal void LogStoppingHost() => _client.Logger.StoppingHost(_client.Name);

    /// <summary>Starts connecting, and reconnecting after each end. Repeated calls have no effect.</summary>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_isStarted) return;
            _isStarted = true;
        }

        // The client outlives the caller's request, so the caller's execution context is not captured.
        ThreadPool.UnsafeQueueUserWorkItem(static client => _ = client.RunAsync(), this, preferLocal: false);
    }

    /// <summary>Starts the client and waits until it has connected for the first time.</summary>
    /// <param name="cancellationToken">Cancels the wait; the client continues to connect.</param>
    /// <exception cref="ConnectCanceledException">The wait was cancelled; the exception has the end of the most recent attempt.</exception>
    /// <exception cref="GatewayClosedException">The client has stopped permanently, before or after it had connected.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed before the call.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        Start();
        var connecting = ConnectCoreAsync(cancellationToken);
        // A caller may drop the task and rely on StateChanged: that must not raise UnobservedTaskException.
        _ = connecting.ContinueWith(
            static task => _ = task.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return connecting;
    }

    /// <summary>
    /// Enumerates the current state and then each change, and ends after <see cref="GatewayClientStatus.Stopped"/>. A reader that is more
    /// than 32 changes behind misses the oldest changes.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    public IAsyncEnumerable<GatewayClientState> WatchStateAsync(CancellationToken cancellationToken = default) =>
        _client.States.WatchAsync(cancellationToken);

    /// <summary>
    /// Queues a frame, whether the client is connected or not. The frame is dated and signed when it is sent. A frame that was queued before the
    /// gateway stated its content limit, and is larger, is not sent but reported by <see cref="MessagesDropped"/>. Completes when the queue has
    /// accepted the frame: immediately, unless the queue is full (see <see cref="GatewayClientOptions.SendQueueFullMode"/>).
    /// </summary>
    /// <param name="type">
    /// The frame's type: at most 50 bytes of UTF-8, not <c>ping</c>, <c>hello</c>, <c>welcome</c> or <c>close</c>; with
    /// <see cref="GatewayClientOptions.Acknowledgements"/> also not <c>ack</c>.
    /// </param>
    /// <param name="content">The content; it is copied.</param>
    /// <param name="cancellationToken">Cancels the wait for room; a frame that the queue has accepted stays queued.</param>
    /// <exception cref="ArgumentException">The type is reserved or too long, or the frame is larger than the whole queue.</exception>
    /// <exception cref="MessageTooLargeException">
    /// The content is above the limit that the gateway stated when the client connected; before that, above
    /// <see cref="GatewayClientOptions.MaxContentBytes"/>.
    /// </exception>
    /// <exception cref="SendQueueFullException">The queue is full and the mode is <see cref="SendQueueFull.Reject"/>.</exception>
    /// <exception cref="GatewayClosedException">The client has stopped permanently.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed before the call.</exception>
    public ValueTask SendAsync(string type, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        _client.SendQueue.EnqueueAsync(FrameOf(type, content), cancellationToken);

    /// <summary>
    /// Queues a frame like <see cref="SendAsync"/>, and completes when the gateway has acknowledged it: its message sink has taken responsibility. While the
    /// client is not connected, the call waits. It fails when the client connects, or is connected, to a gateway that acknowledges nothing; then the message is
    /// not sent. A message that was sent on an earlier connection with acknowledgements goes on waiting for the next such connection.
    /// </summary>
    /// <param name="type">The frame's type; see <see cref="SendAsync"/>.</param>
    /// <param name="content">The content; it is copied.</param>
    /// <param name="cancellationToken">Cancels the wait; a frame that the queue has accepted is sent all the same.</param>
    /// <returns>The number of the message: client id, instance and number together name it for the gateway's message sinks.</returns>
    /// <exception cref="ArgumentException">The type is reserved or too long, or the frame is larger than the whole queue.</exception>
    /// <exception cref="MessageTooLargeException">
    /// The content is above the limit that the gateway stated, also if it stated a lower one after the call; before that, above
    /// <see cref="GatewayClientOptions.MaxContentBytes"/>.
    /// </exception>
    /// <exception cref="SendQueueFullException">The queue is full and the mode is <see cref="SendQueueFull.Reject"/>.</exception>
    /// <exception cref="MessageNotAcknowledgedException">
    /// The gateway acknowledges nothing, a full queue dropped the message, or the client stopped first; the exception tells whether the message was sent.
    /// </exception>
    /// <exception cref="GatewayClosedException">The client had stopped permanently before there was room.</exception>
    /// <exception cref="InvalidOperationException"><see cref="GatewayClientOptions.Acknowledgements"/> is false.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed before the call.</exception>
    public Task<long> SendAcknowledgedAsync(string type, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        if (_client.Unacknowledged is not { } messages)
        {
            throw new InvalidOperationException("Messages are acknowledged only with GatewayClientOptions.Acknowledgements = true; SendAsync sends without.");
        }

        var receipt = new SendReceipt();
        var frame = FrameOf(type, content) with { Receipt = receipt };
        return messages.IsRefused
            ? Task.FromException<long>(new MessageNotAcknowledgedException(AcknowledgementFailure.NotGranted, wasSent: false))
            : SendAcknowledgedCoreAsync(frame, receipt, cancellationToken);
    }

    /// <summary>Queues a frame if the queue has room. Never waits.</summary>
    /// <returns>False when there is no room, when other senders wait for room, or when the client has stopped or was disposed.</returns>
    /// <inheritdoc cref="SendAsync" path="/param"/>
    /// <exception cref="ArgumentException">The type is reserved or too long, or the frame is larger than the whole queue.</exception>
    /// <exception cref="MessageTooLargeException">
    /// The content is above the limit that the gateway stated when the client connected; before that, above
    /// <see cref="GatewayClientOptions.MaxContentBytes"/>.
    /// </exception>
    public bool TrySend(string type, ReadOnlyMemory<byte> content) => _client.SendQueue.TryEnqueue(FrameOf(type, content));

    /// <summary>
    /// Enumerates the messages that the gateway pushes, across all connections, in order. Each message goes to one reader. Ends when the
    /// client is disposed.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>; no message is lost.</param>
    /// <exception cref="GatewayClosedException">The client has stopped permanently and the last message was read.</exception>
    public IAsyncEnumerable<GatewayClientMessage> ReadMessagesAsync(CancellationToken cancellationToken = default) =>
        _client.Inbox.ReadAllAsync(cancellationToken);

    /// <summary>
    /// Stops the client. When it is connected, it shuts down gracefully: it sends the queued frames, waits for acknowledgements if the gateway gives them, ends
    /// its stream and waits for the gateway's end of stream, all within <see cref="GatewayClientOptions.CloseTimeout"/>. What is not acknowledged by then is
    /// reported by <see cref="MessagesDropped"/> and in <see cref="DisconnectInfo.UnacknowledgedMessages"/>. May be called from any thread, also from an
    /// event handler, and more than once; all calls wait for the same end. It does not wait for event handlers.
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
            // CancelAsync runs the registered callbacks on the thread pool, not on the caller's thread.
            // The source is not disposed; it has neither timer nor handle.
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
            // Not expected. If it happens, the fault is logged and the client stops with it.
            _client.Logger.InternalFault(_client.Name, e);
            end = DisconnectMessages.Internal(e) with { Retry = false };
        }

        Finish(end);
    }

    private async Task ConnectCoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _firstConnected.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new ConnectCanceledException(State.LastDisconnect, cancellationToken);
        }

        if (State is { Status: GatewayClientStatus.Stopped, LastDisconnect: { } end }) throw new GatewayClosedException(end);
    }

    private void Finish(DisconnectInfo end)
    {
        var isDisposed = end.Kind == DisconnectKind.Disposed;
        if (_client.Unacknowledged is { Count: > 0 and var left } && end.UnacknowledgedMessages != left) end = end.WithUnacknowledged(left);
        if (isDisposed) _client.Logger.Disposed(_client.Name, end.Message);
        else _client.Logger.StoppedByGateway(_client.Name, end.Message);

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
        _client.SendQueue.DropAll(() => new MessageNotAcknowledgedException(AcknowledgementFailure.Stopped, wasSent: false, end));
        if (_client.Unacknowledged?.GiveUpAll(() => new MessageNotAcknowledgedException(AcknowledgementFailure.Stopped, wasSent: true, end)) is > 0 and var lost)
        {
            _client.Drops.Report(MessageDropReason.NotAcknowledgedAtStop, lost);
        }

        _client.Drops.Flush();
        _client.Inbox.Complete(isDisposed ? null : closed);
        if (isDisposed) _completion.TrySetResult();
        else Fail(_completion, closed());
        Fail(_firstConnected, closed());
        _ended.TrySetResult();
    }

    /// <summary>Fails a task and marks its exception as observed, so that a task without a waiter raises no UnobservedTaskException.</summary>
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
        // The caller reads the handler list when the event is raised: a handler that was removed by then is not called.
        if (handlers is not null) _client.Events.Raise(handlers, this, argument);
    }

    private OutgoingFrame FrameOf(string type, ReadOnlyMemory<byte> content) => OutgoingFrames.Create(type, content, _client.Options, _client.SendLimit);

    private async Task<long> SendAcknowledgedCoreAsync(OutgoingFrame frame, SendReceipt receipt, CancellationToken cancellationToken)
    {
        await _client.SendQueue.EnqueueAsync(frame, cancellationToken).ConfigureAwait(false);
        return await receipt.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
