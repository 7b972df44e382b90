using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace HeartbeatGateway.Client.Events;

/// <summary>The state, and those who watch it.</summary>
internal sealed class StateWatchers(GatewayClientState initial)
{
    /// <summary>Changes that a watcher may be behind before it misses the oldest.</summary>
    public const int Capacity = 32;

    private readonly Lock _lock = new();
    private ImmutableList<Channel<GatewayClientState>> _watchers = [];
    private GatewayClientState _current = initial;

    public GatewayClientState Current => Volatile.Read(ref _current);

    /// <summary>Replaces the state, unless it has stopped: nothing follows that.</summary>
    /// <returns>The new state; null when nothing was replaced.</returns>
    public GatewayClientState? Change(Func<GatewayClientState, GatewayClientState> change)
    {
        lock (_lock)
        {
            if (_current.Status == GatewayClientStatus.Stopped) return null;
            var next = change(_current);
            Volatile.Write(ref _current, next);
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(next);
                if (next.Status == GatewayClientStatus.Stopped) watcher.Writer.TryComplete();
            }

            return next;
        }
    }

    public async IAsyncEnumerable<GatewayClientState> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watcher = Channel.CreateBounded<GatewayClientState>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_lock)
        {
            watcher.Writer.TryWrite(_current);
            if (_current.Status == GatewayClientStatus.Stopped) watcher.Writer.TryComplete();
            else _watchers = _watchers.Add(watcher);
        }

        try
        {
            await foreach (var state in watcher.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return state;
        }
        finally
        {
            lock (_lock) _watchers = _watchers.Remove(watcher);
        }
    }
}
