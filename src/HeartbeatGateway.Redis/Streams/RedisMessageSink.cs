using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>
/// Adds messages to the stream of their client's partition. A message is settled as accepted when Redis has answered XADD. While Redis cannot be reached messages
/// wait; at the bound of messages and bytes the sender waits, and with it its connection alone. A message that has waited for an hour is given up.
/// </summary>
internal sealed class RedisMessageSink : INamedMessageSink, IMessageLaneOwner, IAsyncDisposable
{
    /// <summary>The name in <c>Gateway:Messages:Sinks</c>.</summary>
    public const string SinkName = "redis";

    public const int MaxWaitingMessages = 10_000;
    public const long MaxWaitingBytes = 64 * 1024 * 1024;

    /// <summary>How long a message waits at most.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>How long the end of the process waits for what is not in the streams.</summary>
    public static readonly TimeSpan EndTime = TimeSpan.FromSeconds(5);

    private readonly RedisConnection _connection;
    private readonly ChannelMetrics _metrics;
    private readonly ILogger _logger;
    private readonly MessageLane[] _lanes;
    private readonly MessageRoom _room = new(MaxWaitingMessages, MaxWaitingBytes);
    private readonly CancellationTokenSource _ending = new();
    private readonly LogPause _failureLines;
    private readonly LogPause _lossLines;
    private int _failingLanes;
    private int _gaveUp;
    private int _isDisposed;

    /// <param name="connection">The connection to Redis.</param>
    /// <param name="keys">The names of the streams.</param>
    /// <param name="metrics">Counts attempts.</param>
    /// <param name="logger">The logger.</param>
    public RedisMessageSink(RedisConnection connection, RedisKeys keys, ChannelMetrics metrics, ILogger logger)
    {
        (_connection, _metrics, _logger) = (connection, metrics, logger);
        (_failureLines, _lossLines) = (new LogPause(connection.TimeProvider), new LogPause(connection.TimeProvider));
        _lanes = [.. Enumerable.Range(0, RedisKeys.Partitions).Select(p => new MessageLane(keys.Messages(p), connection, this))];
    }

    public string Name => SinkName;

    public SinkBooks Books { get; } = new();

    public DateTimeOffset? OldestWaiting => _lanes.Select(l => l.OldestWaiting).Min();

    public bool IsStopped => false;

    public CancellationToken Ending => _ending.Token;

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        if (!_room.TryEnter(WaitingMessage.BytesOf(message))) return WaitAsync(message, cancellationToken);
        Take(message);
        return ValueTask.CompletedTask;
    }

    /// <summary>Adds what waits for at most <see cref="EndTime"/>, and drops the rest. Messages that come later are dropped too.</summary>
    /// <summary>May be called again: the cluster and the container of services both end it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1) return;
        try
        {
            await Task.WhenAll(_lanes.Select(l => l.Empty)).WaitAsync(EndTime, _connection.TimeProvider);
        }
        catch (TimeoutException)
        {
            // What is left is given up.
        }

        await _ending.CancelAsync();
        await Task.WhenAll(_lanes.Select(l => l.Empty));
    }

    public SinkDropCause? GiveUpCause(WaitingMessage message)
    {
        if (_ending.IsCancellationRequested) return SinkDropCause.Stopped;
        return _connection.TimeProvider.GetElapsedTime(message.TakenAt) > MaxAge ? SinkDropCause.Expired : null;
    }

    public void GaveUp(WaitingMessage message, SinkDropCause cause)
    {
        Books.Drop(cause);
        Interlocked.Increment(ref _gaveUp);
        if (_lossLines.Allows()) _logger.StreamSinkGaveUp(Interlocked.Exchange(ref _gaveUp, 0), cause == SinkDropCause.Expired ? "they waited for an hour" : "the gateway stops");
        Settle(message, MessageVerdict.Dropped);
    }

    public void Added(WaitingMessage message)
    {
        Books.Deliver();
        _metrics.MessagesAdded(1);
        Settle(message, MessageVerdict.Accepted);
    }

    public void Tried(int failed, bool wasFailing, Exception? failure)
    {
        _metrics.MessagesFailed(failed);
        // In a Redis Cluster the streams of one master may fail alone.
        if (failed == 0)
        {
            if (wasFailing && Interlocked.Decrement(ref _failingLanes) == 0) _logger.StreamSinkRecovered();
            return;
        }

        if (!wasFailing) Interlocked.Increment(ref _failingLanes);
        if (_failureLines.Allows()) _logger.StreamSinkFailing(failure is null ? "no answer" : RedisCause.Of(failure), Books.Read().Waiting);
    }

    private async ValueTask WaitAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        await _room.EnterAsync(WaitingMessage.BytesOf(message), cancellationToken);
        Take(message);
    }

    private void Take(GatewayMessage message)
    {
        Books.Take();
        var time = _connection.TimeProvider;
        // Without a client id, the messages of a connection have one order.
        var partition = RedisKeys.PartitionOf(message.ClientId ?? message.ConnectionId.ToString());
        _lanes[partition].Add(new WaitingMessage(message, message.Defer(), time.GetTimestamp(), time.GetUtcNow()));
    }

    private void Settle(WaitingMessage message, MessageVerdict verdict)
    {
        _room.Leave(message.Bytes);
        message.Receipt.Settle(verdict);
    }
}
