using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace HeartbeatGateway.Client;

/// <summary>
/// Holds the client's current state and publishes changes to the watchers. After <see cref="GatewayClientStatus.Stopped"/> the state no
/// longer changes.
/// </summary>
internal sealed class StateFeed(GatewayClientState initial, TimeProvider timeProvider, Action<GatewayClientState> changed)
{
    /// <summary>The number of changes kept for a slow watcher; above it, the oldest are dropped.</summary>
    public const int WatcherCapacity = 32;

    private readonly Lock _lock = new();
    private readonly List<Channel<GatewayClientState>> _watchers = [];
    private GatewayClientState _current = initial;

    public GatewayClientState Current => Volatile.Read(ref _current);

    /// <summary>Computes the next state from the current one and publishes it. All watchers see the changes in the same order.</summary>
    /// <param name="next">A pure function.</param>
    public void Change(Func<GatewayClientState, GatewayClientState> next)
    {
        lock (_lock)
        {
            if (_current.Status == GatewayClientStatus.Stopped) return;
            var state = next(_current) with { Since = timeProvider.GetUtcNow() };
            Volatile.Write(ref _current, state);
            foreach (var watcher in _watchers) watcher.Writer.TryWrite(state);
            if (state.Status == GatewayClientStatus.Stopped)
            {
                foreach (var watcher in _watchers) watcher.Writer.TryComplete();
                _watchers.Clear();
            }

            // This call only queues the event; handlers run on the thread pool.
            changed(state);
        }
    }

    public async IAsyncEnumerable<GatewayClientState> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watcher = Channel.CreateBounded<GatewayClientState>(
            new BoundedChannelOptions(WatcherCapacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_lock)
        {
            watcher.Writer.TryWrite(_current);
            if (_current.Status == GatewayClientStatus.Stopped) watcher.Writer.TryComplete();
            else _watchers.Add(watcher);
        }

        try
        {
            await foreach (var state in watcher.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return state;
        }
        finally
        {
            lock (_lock) _watchers.Remove(watcher);
        }
    }
}
