using System.Net;
using HeartbeatGateway.Client.Connecting;
using HeartbeatGateway.Client.Connections;
using HeartbeatGateway.Client.Events;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Client.Telemetry;
using HeartbeatGateway.Protocol.Identity;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client;

/// <summary>What a client does from its start to its end: wait, try, live, and again. One attempt is under way at most.</summary>
internal sealed class ClientLoop : IAsyncDisposable
{
    private readonly GatewayClientOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly IRandom _random;
    private readonly ClientMetrics _metrics;
    private readonly Dialer _dialer;
    private readonly EventPump _events;
    private readonly ConnectionContext _context;
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _firstConnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private ClientConnection? _connection;
    private Task? _running;
    private Task? _disposing;
    private long _attempt;
    private bool _wasConnected;

    public ClientLoop(GatewayClientOptions options, ILogger logger, TimeProvider timeProvider, ClientMetrics metrics, ILinkFactory links, IRandom random)
    {
        _options = options;
        _logger = logger;
        _timeProvider = timeProvider;
        _metrics = metrics;
        _random = random;
        _dialer = new Dialer(options, links, timeProvider, random);
        _events = new EventPump(logger);
        States = new StateWatchers(new GatewayClientState { Heartbeat = options.Heartbeat, Since = timeProvider.GetUtcNow() });
        SendQueue = new SendQueue(options.SendQueueCapacity, options.SendQueueBytes, options.SendQueueFullMode)
        {
            FrameAdded = () => Volatile.Read(ref _connection)?.Wake(),
            FramesDropped = frames => Dropped("send", frames),
        };
        var received = Received = new ReceiveQueue(options.ReceiveQueueCapacity, options.ReceiveQueueBytes);
        _context = new ConnectionContext
        {
            Options = options,
            TimeProvider = timeProvider,
            Keyring = ClientKeyrings.For(options.Tokens),
            Clock = new ClientClock(timeProvider),
            SendQueue = SendQueue,
            Metrics = metrics,
            MessageReceived = message =>
            {
                if (received.Add(message) is var dropped and > 0) Dropped("receive", dropped);
            },
            HeartbeatAnswered = rtt =>
            {
                if (HasHeartbeatListener!()) _events.Raise(() => HeartbeatAnswered!(rtt));
            },
        };
    }

    public required Action<GatewayClientState> StateChanged { get; init; }

    public required Action<TimeSpan> HeartbeatAnswered { get; init; }

    public required Func<bool> HasHeartbeatListener { get; init; }

    public StateWatchers States { get; }

    public SendQueue SendQueue { get; }

    public ReceiveQueue Received { get; }

    public Task FirstConnected => _firstConnected.Task;

    public Task Completion => _completion.Task;

    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposing is not null, typeof(GatewayClient));
            // On the thread pool: the caller is not the one to wait for a name server.
            _running ??= Task.Run(RunAsync);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock) return new ValueTask(_disposing ??= Task.Run(LeaveAsync));
    }

    private async Task LeaveAsync()
    {
        if (Volatile.Read(ref _connection)?.TryLeave() == true) _stopping.CancelAfter(_timeProvider, _options.GoodbyeTimeout);
        else await _stopping.CancelAsync().ConfigureAwait(false);
        if (_running is { } running) await running.ConfigureAwait(false);
        else Stop(ConnectionEnds.Disposed);
        // Cancelled, which ends its timer, and not disposed: that timer might be about to cancel it.
        await _stopping.CancelAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var retry = default(RetryState);
        var delay = _options.InitialJitter * _random.Next();
        while (true)
        {
            if (!await WaitAsync(delay).ConfigureAwait(false)) break;
            var result = await AttemptAsync().ConfigureAwait(false);
            if (_disposing is not null) break;
            var decision = RetryRules.After(retry, result, _options, _random.Next());
            Change(s => s with { LastEnd = result.End });
            if (decision.Stop)
            {
                Stop(result.End);
                return;
            }

            (retry, delay) = (decision.Next, decision.Delay);
            if (result.ClockCorrected) _logger.ClockCorrected(_context.Clock.Offset.TotalSeconds);
            if (result.Lived is null) _logger.AttemptFailed(result.End.Message, delay.TotalSeconds);
            else _logger.ConnectionLost(States.Current.Endpoint, result.End.Message, delay.TotalSeconds);
        }

        Stop(ConnectionEnds.Disposed);
    }

    /// <returns>False when the client was disposed meanwhile.</returns>
    private async Task<bool> WaitAsync(TimeSpan delay)
    {
        if (delay > TimeSpan.Zero)
        {
            Change(s => Unconnected(s) with { Status = GatewayClientStatus.Waiting, RetryAfter = delay });
            try
            {
                await Task.Delay(delay, _timeProvider, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        return _disposing is null;
    }

    /// <summary>Tries one address after the other until one answers; then lives as long as that connection does. Never throws.</summary>
    private async Task<AttemptResult> AttemptAsync()
    {
        try
        {
            Change(s => Unconnected(s) with { Status = GatewayClientStatus.Connecting });
            AttemptResult result = default;
            foreach (var (address, host) in await _dialer.ResolveAsync(_stopping.Token).ConfigureAwait(false))
            {
                result = await TryAddressAsync(address, host).ConfigureAwait(false);
                // One that answered, or said not to come back, is the end of the search.
                if (result.Lived is not null || !result.End.Retry || _stopping.IsCancellationRequested) return result;
            }

            return result;
        }
        catch (LinkException e)
        {
            return new AttemptResult(ConnectionEnds.Failed(e.Kind, e.Message, e.InnerException), null);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return new AttemptResult(ConnectionEnds.Disposed, null);
        }
        catch (Exception e)
        {
            _logger.InternalError(e);
            return new AttemptResult(ConnectionEnds.Failed(GatewayClientEndKind.InternalError, $"a fault of the client library: {e.Message}", e), null);
        }
    }

    private async Task<AttemptResult> TryAddressAsync(IPEndPoint address, string host)
    {
        var attempt = ++_attempt;
        _logger.Connecting(attempt, address);
        Change(s => Unconnected(s) with { Status = GatewayClientStatus.Connecting, Attempt = attempt, Endpoint = address });
        Link link;
        try
        {
            link = await _dialer.ConnectAsync(address, host, _stopping.Token).ConfigureAwait(false);
        }
        catch (LinkException e)
        {
            _metrics.Attempted(accepted: false);
            return new AttemptResult(ConnectionEnds.Failed(e.Kind, e.Message, e.InnerException), null);
        }

        using var connection = new ClientConnection(_context, link, acceptance => Accepted(address, attempt, acceptance));
        Volatile.Write(ref _connection, connection);
        var result = await connection.RunAsync(Hello(attempt), _stopping.Token).ConfigureAwait(false);
        Volatile.Write(ref _connection, null);
        if (result.End is { Kind: GatewayClientEndKind.InternalError, Exception: { } fault }) _logger.InternalError(fault);
        if (result.Lived is null) _metrics.Attempted(accepted: false);
        else _metrics.Disconnected(result.End.Kind);
        return result;
    }

    private HelloPayload? Hello(long attempt) => _options.ClientId is not { } clientId ? null : new HelloPayload
    {
        ClientId = clientId,
        Instance = _instance,
        Attempt = attempt,
        Nonce = FrameOutput.Nonce(),
        Heartbeat = _options.Heartbeat,
        Resume = States.Current.SessionId,
        Features = [ProtocolFeatures.Close],
    };

    private void Accepted(EndPoint endpoint, long attempt, Acceptance acceptance)
    {
        _metrics.Attempted(accepted: true);
        _metrics.Connected(again: _wasConnected);
        _wasConnected = true;
        var welcome = acceptance.Welcome;
        Change(s => s with
        {
            Status = GatewayClientStatus.Connected,
            RetryAfter = null,
            SessionId = welcome?.SessionId ?? s.SessionId,
            Generation = welcome?.Generation,
            Reconnected = welcome?.Reconnected ?? false,
            Resumed = welcome?.Resumed ?? false,
            Heartbeat = welcome is null ? _options.Heartbeat : HeartbeatTerms.Granted(welcome.Heartbeat, _options),
        });
        _logger.Connected(endpoint, attempt, welcome?.SessionId, welcome?.Generation);
        _firstConnected.TrySetResult();
    }

    private GatewayClientState Unconnected(GatewayClientState state) => state with
    {
        Endpoint = null,
        Generation = null,
        Reconnected = false,
        Resumed = false,
        RetryAfter = null,
        Heartbeat = _options.Heartbeat,
    };

    private void Stop(GatewayClientEnd end)
    {
        var isDisposed = end.Kind == GatewayClientEndKind.Disposed;
        if (isDisposed) _logger.Disposed(end.Message);
        else _logger.Stopped(end.Message);
        Change(s => Unconnected(s) with { Status = GatewayClientStatus.Stopped, LastEnd = end });
        Exception reason = isDisposed ? new ObjectDisposedException(nameof(GatewayClient)) : new GatewayClosedException(end);
        SendQueue.Close(reason);
        Received.Close(isDisposed ? null : reason);
        Fail(_firstConnected, reason);
        if (isDisposed) _completion.TrySetResult();
        else Fail(_completion, reason);
    }

    /// <summary>Nobody has to look at these tasks: their exceptions are not unobserved ones.</summary>
    private static void Fail(TaskCompletionSource source, Exception reason)
    {
        if (source.TrySetException(reason)) _ = source.Task.Exception;
    }

    private void Change(Func<GatewayClientState, GatewayClientState> change)
    {
        var next = States.Change(s => change(s) with { Since = _timeProvider.GetUtcNow(), ClockOffset = _context.Clock.Offset });
        if (next is not null) _events.Raise(() => StateChanged(next));
    }

    private void Dropped(string queue, int frames)
    {
        _metrics.Dropped(queue, frames);
        _logger.FramesDropped(queue, frames);
    }
}
