using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Channel;

/// <summary>
/// A subscription on a connection of its own, so that Redis, which disconnects a subscriber whose output buffer is full, does not disconnect the directory with it,
/// and so that a subscription which receives nothing can be replaced together with its connection. One user at a time.
/// </summary>
/// <param name="connection">Whose options it uses.</param>
/// <param name="receive">Gets each message, on threads of the pool.</param>
/// <param name="end">Ends the connection; null for the usual way.</param>
internal sealed class InboxSubscription(RedisConnection connection, Action<ReadOnlyMemory<byte>> receive, Func<ConnectionMultiplexer, Task>? end = null) : IAsyncDisposable
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private ConnectionMultiplexer? _multiplexer;
    private string? _name;
    private volatile bool _isEnded;
    private int _changes;

    /// <summary>Rises when the connection is lost, and when it is there again.</summary>
    public int Changes => Volatile.Read(ref _changes);

    public bool IsConnected => _name is { } name && _multiplexer?.GetSubscriber().IsConnected(ChannelOf(name)) == true;

    /// <summary>Subscribes to a channel. StackExchange.Redis subscribes again after a lost connection.</summary>
    /// <exception cref="RedisException">Redis refused it, or cannot be reached.</exception>
    /// <exception cref="TimeoutException">Redis did not answer in time.</exception>
    public async Task SubscribeAsync(string name)
    {
        await AddAsync(name);
        _name = name;
    }

    /// <summary>Subscribes also to other channels, and leaves all but these and that of <see cref="SubscribeAsync"/>.</summary>
    /// <exception cref="RedisException">Redis refused it, or cannot be reached. Call it again.</exception>
    /// <exception cref="TimeoutException">Redis did not answer in time. Call it again.</exception>
    public async Task KeepAsync(IReadOnlyCollection<string> others)
    {
        foreach (var name in _names.Where(n => n != _name && !others.Contains(n)).ToList())
        {
            await Bound(_multiplexer!.GetSubscriber().UnsubscribeAsync(ChannelOf(name)));
            _names.Remove(name);
        }

        foreach (var name in others.Where(n => !_names.Contains(n))) await AddAsync(name);
    }

    /// <summary>Nothing is received any more. The connection is ended within the bound of a call, or in the background.</summary>
    public async ValueTask DisposeAsync()
    {
        _isEnded = true;
        if (_multiplexer is { } multiplexer) await connection.EndAsync(() => end?.Invoke(multiplexer) ?? EndAsync(multiplexer));
    }

    private static async Task EndAsync(ConnectionMultiplexer multiplexer)
    {
        await multiplexer.CloseAsync(allowCommandsToComplete: false);
        await multiplexer.DisposeAsync();
    }

    private static RedisChannel ChannelOf(string name) => RedisChannel.Literal(name).WithKeyRouting();

    private async Task AddAsync(string name)
    {
        _multiplexer ??= await ConnectAsync();
        var (subscriber, channel) = (_multiplexer.GetSubscriber(), ChannelOf(name));
        // After a failed try the library has the handler, and subscribes when it can. With a second one each message would be received twice.
        if (_names.Add(name)) await Bound(subscriber.SubscribeAsync(channel, (_, value) => Receive(value)));
        else if (!subscriber.IsConnected(channel)) throw new TimeoutException("the connection for it is not there yet");
    }

    private void Receive(RedisValue value)
    {
        if (!_isEnded) receive((byte[]?)value);
    }

    private Task Bound(Task call) => call.WaitAsync(connection.Options.CallTimeout, connection.TimeProvider);

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var multiplexer = await connection.OpenAsync("-inbox");
        multiplexer.ConnectionFailed += (_, _) => Interlocked.Increment(ref _changes);
        multiplexer.ConnectionRestored += (_, _) => Interlocked.Increment(ref _changes);
        return multiplexer;
    }
}
