using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Bans;

/// <summary>The bans of the cluster: one key, and a channel that tells of its changes.</summary>
/// <param name="connection">The connection to Redis.</param>
/// <param name="keys">The names of key and channel.</param>
/// <param name="logger">The logger.</param>
/// <param name="subscribe">Subscribes to a channel; null for the usual way.</param>
internal sealed class RedisBans(
    RedisConnection connection, RedisKeys keys, ILogger logger, Func<ISubscriber, RedisChannel, Action, Task>? subscribe = null)
    : IClusterBans, IAsyncDisposable
{
    /// <summary>How often readers are asked to read, whether or not a change was told.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>How often they are asked after a read that failed, so that they read soon after Redis is back.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Writes and tells of it in one step, if the content is still what was expected.</summary>
    private const string Write =
        """
        local present = redis.call('GET', KEYS[1])
        if (present or '') ~= ARGV[2] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1])
        redis.call('PUBLISH', ARGV[3], '')
        return 1
        """;

    private readonly CancellationTokenSource _stopped = new();
    private readonly LogPause _lines = new(connection.TimeProvider);
    private readonly LogPause _faultLines = new(connection.TimeProvider);
    private Task _running = Task.CompletedTask;
    private volatile bool _hasReadFailed;
    private int _isDisposed;

    public event EventHandler? Changed;

    /// <summary>Begins to tell of changes.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    public async Task<byte[]?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            byte[]? content = await connection.CallAsync(db => db.StringGetAsync(keys.Bans)).WaitAsync(cancellationToken);
            _hasReadFailed = false;
            return content;
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            _hasReadFailed = true;
            throw new ClusterUnavailableException("The bans of the cluster cannot be read: Redis cannot be reached.", e);
        }
    }

    public async Task WriteAsync(byte[] content, byte[]? expected, CancellationToken cancellationToken)
    {
        RedisResult result;
        try
        {
            // Not ended by the token: a change that is under way is either made or fails within the bound of a call.
            cancellationToken.ThrowIfCancellationRequested();
            result = await connection.CallAsync(db => db.ScriptEvaluateAsync(Write, [(RedisKey)keys.Bans], [content, expected ?? [], keys.BansChanged]));
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            throw new ClusterUnavailableException("The bans of the cluster cannot be changed: Redis cannot be reached, or refuses it.", e);
        }

        if ((int)result == 0) throw new ClusterConflictException("The bans of the cluster have changed meanwhile.");
    }

    /// <summary>May be called again: the cluster and the container of services both end it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1) return;
        await _stopped.CancelAsync();
        await _running;
        _stopped.Dispose();
    }

    private async Task RunAsync()
    {
        var isSubscribed = false;
        long? told = null;
        while (!_stopped.IsCancellationRequested)
        {
            if (_hasReadFailed || told is not { } last || connection.TimeProvider.GetElapsedTime(last) >= Interval)
            {
                told = connection.TimeProvider.GetTimestamp();
                try
                {
                    isSubscribed = isSubscribed || await TrySubscribeAsync();
                }
                catch (Exception e)
                {
                    // Without the loop no change of another node would be read.
                    if (_faultLines.Allows()) logger.ChannelStepFailed(e);
                }

                Tell();
            }

            await Task.Delay(RetryAfter, connection.TimeProvider, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> TrySubscribeAsync()
    {
        var bound = connection.Options.CallTimeout;
        var isTried = false;
        try
        {
            var multiplexer = await connection.Multiplexer.WaitAsync(bound, connection.TimeProvider, _stopped.Token);
            isTried = true;
            await SubscribeAsync(multiplexer.GetSubscriber(), RedisChannel.Literal(keys.BansChanged)).WaitAsync(bound, connection.TimeProvider);
            return true;
        }
        catch (Exception e) when (RedisConnection.IsFailure(e) || _stopped.IsCancellationRequested)
        {
            // The connection for pub/sub may stand a moment after that for commands.
            var isEarly = isTried && connection.IsConnected && e is RedisConnectionException;
            if (!_stopped.IsCancellationRequested && !isEarly && _lines.Allows()) logger.BansNotSubscribed(RedisCause.Of(e), Interval.TotalSeconds);
            // After a failed try the library has the handler, and subscribes when it can. Another try would add another handler.
            return isTried;
        }
    }

    private Task SubscribeAsync(ISubscriber subscriber, RedisChannel channel) =>
        subscribe?.Invoke(subscriber, channel, Tell) ?? subscriber.SubscribeAsync(channel, (_, _) => Tell());

    private void Tell()
    {
        try
        {
            Changed?.Invoke(this, EventArgs.Empty);
        }
        catch (Exception e)
        {
            // The code of a reader must not end the loop.
            logger.ChannelStepFailed(e);
        }
    }
}
