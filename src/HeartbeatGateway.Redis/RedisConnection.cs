using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis;

/// <summary>
/// The connection of this node to Redis, and a bound on every call: while Redis cannot be reached, a call fails at once; while it does not answer, within
/// <see cref="RedisOptions.CallTimeout"/>. StackExchange.Redis connects again on its own.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<IConnectionMultiplexer> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopped = new();
    private readonly RedisRefusals _refusals;
    private volatile ConnectionMultiplexer? _multiplexer;

    /// <param name="options">The options.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Gets why Redis is not accepted, or does not accept this node; null for none.</param>
    /// <exception cref="ArgumentException">The configuration cannot be read; the message has no secrets.</exception>
    public RedisConnection(RedisOptions options, TimeProvider timeProvider, ILogger? logger = null)
    {
        (Options, TimeProvider) = (options, timeProvider);
        _refusals = new RedisRefusals(timeProvider, logger ?? NullLogger.Instance);
        RedisConfiguration.Read(options);
    }

    /// <summary>The clock of the program.</summary>
    public TimeProvider TimeProvider { get; }

    public RedisOptions Options { get; }

    /// <summary>Completes when the first try to connect has ended, whether or not Redis was reached.</summary>
    public Task<IConnectionMultiplexer> Multiplexer => _ready.Task;

    /// <summary>A connection to Redis stands.</summary>
    public bool IsConnected => _multiplexer?.IsConnected == true;

    /// <summary>Begins to connect, and returns at once.</summary>
    public void Start() => _ = ConnectAsync();

    /// <summary>Calls Redis.</summary>
    /// <typeparam name="T">The type of the answer.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="timeout">The bound of it all, with the wait for the first connect; null for <see cref="RedisOptions.CallTimeout"/>.</param>
    /// <exception cref="RedisException">Redis refused the call, or cannot be reached.</exception>
    /// <exception cref="TimeoutException">Redis did not answer in time. It may still do what was asked.</exception>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, TimeSpan? timeout = null)
    {
        var bound = timeout ?? Options.CallTimeout;
        var began = TimeProvider.GetTimestamp();
        var multiplexer = _multiplexer ?? await FirstConnectAsync(bound);
        var left = bound - TimeProvider.GetElapsedTime(began);
        try
        {
            return await call(multiplexer.GetDatabase()).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider);
        }
        catch (RedisConnectionException e)
        {
            _refusals.CallFailed(e);
            throw;
        }
        catch (TimeoutException e) when (e is not RedisTimeoutException)
        {
            throw new TimeoutException($"it did not answer within {bound.TotalMilliseconds:0} ms", e);
        }
    }

    /// <summary>True for what Redis, its client or the bound of a call throws.</summary>
    public static bool IsFailure(Exception e) => e is RedisException or TimeoutException or ObjectDisposedException;

    /// <summary>Whether Redis may have done a call that failed: not when it has refused it, or when it was not sent. One that was lost with its connection may be done.</summary>
    public static bool MayBeDone(Exception? failure) => failure switch
    {
        RedisServerException => false,
        RedisConnectionException { CommandStatus: CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog } => false,
        RedisTimeoutException { Commandstatus: CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog } => false,
        _ => true,
    };

    /// <summary>Connects once.</summary>
    /// <param name="purpose">Appended to the client's name in Redis.</param>
    /// <exception cref="RedisException">Not possible now.</exception>
    public async Task<ConnectionMultiplexer> OpenAsync(string purpose = "")
    {
        // Without a logger: the library logs the configuration, with the user's name. What fails is in the exceptions of calls.
        var configuration = RedisConfiguration.Read(Options);
        configuration.ClientName += purpose;
        new RedisTls(Options, _refusals.CertificateRefused).Apply(configuration);
        return await ConnectionMultiplexer.ConnectAsync(configuration);
    }

    /// <summary>Ends a connection, and waits for it no longer than a call may take: the rest is done in the background.</summary>
    public async Task EndAsync(Func<Task> end)
    {
        try
        {
            await end().WaitAsync(Options.CallTimeout, TimeProvider);
        }
        catch (Exception e) when (IsFailure(e))
        {
            // It is ended, and whatever waits for an answer of it fails by its own bound.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        if (_multiplexer is { } multiplexer) await EndAsync(() => multiplexer.DisposeAsync().AsTask());
    }

    /// <summary>Before the first try to connect has ended there is nothing to call.</summary>
    private async Task<IConnectionMultiplexer> FirstConnectAsync(TimeSpan bound)
    {
        try
        {
            return await Multiplexer.WaitAsync(bound, TimeProvider);
        }
        catch (TimeoutException e)
        {
            // Not a time-out: nothing was sent.
            var message = $"it was not reached within {bound.TotalMilliseconds:0} ms";
            throw new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, message, e, CommandStatus.WaitingToBeSent);
        }
    }

    private async Task ConnectAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                _multiplexer = await OpenAsync();
                _ready.TrySetResult(_multiplexer);
                return;
            }
            catch (Exception e)
            {
                // Nothing else would try again: the library does so only after the first connect. Calls fail meanwhile, and are logged.
                _refusals.ConnectFailed(e);
                await Task.Delay(RetryAfter, TimeProvider, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
