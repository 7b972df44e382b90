namespace HeartbeatGateway.Server.Bans;

/// <summary>
/// Counts connects in windows, each of which begins with the first connect that it counts. Remembers a bounded number of keys: beyond it, those that were not
/// seen for longest are forgotten. Not thread-safe.
/// </summary>
/// <param name="capacity">The most keys.</param>
internal sealed class ConnectCounter<TKey>(int capacity = ConnectCounter<TKey>.DefaultCapacity)
    where TKey : notnull
{
    public const int DefaultCapacity = 64 * 1024;

    // Two generations: when the newer one holds half of the capacity it becomes the older one, and the older one is forgotten.
    private Dictionary<TKey, Window> _recent = [];
    private Dictionary<TKey, Window> _older = [];

    public int Keys => _recent.Count + _older.Count;

    /// <summary>Counts a connect.</summary>
    /// <param name="key">Who connects.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="window">The length of a window, in timestamp units.</param>
    /// <returns>The connects in the current window, this one included.</returns>
    public int Count(TKey key, long now, long window)
    {
        if (!_recent.TryGetValue(key, out var current))
        {
            _older.Remove(key, out current);
            if (_recent.Count >= capacity / 2) (_older, _recent) = (_recent, []);
        }

        if (current.Connects == 0 || now - current.Began >= window) current = new Window(now, 0);
        current = current with { Connects = current.Connects + 1 };
        _recent[key] = current;
        return current.Connects;
    }

    /// <summary>Forgets a key: its next connect begins a window.</summary>
    public void Forget(TKey key)
    {
        _recent.Remove(key);
        _older.Remove(key);
    }

    private readonly record struct Window(long Began, int Connects);
}
