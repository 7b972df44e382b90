namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// One string for all equal names, so that a fleet of equal clients holds its library's name once. Keeps the latest names that were used, a few hundred
/// at most: a client that sends a new one each time cannot fill it for the others. A name that was dropped stays with the sessions that have it. Not
/// thread-safe.
/// </summary>
internal sealed class SharedNames(int capacity = SharedNames.DefaultCapacity)
{
    public const int DefaultCapacity = 256;

    private Dictionary<string, string> _latest = new(StringComparer.Ordinal);
    private Dictionary<string, string> _earlier = new(StringComparer.Ordinal);

    /// <summary>The number of kept names, at most twice the capacity.</summary>
    public int Count => _latest.Count + _earlier.Count;

    /// <summary>The shared string for a name; null for null.</summary>
    public string? Share(string? name)
    {
        if (name is null) return null;
        if (_latest.TryGetValue(name, out var shared)) return shared;
        if (!_earlier.Remove(name, out shared)) shared = name;
        if (_latest.Count >= capacity) (_earlier, _latest) = (_latest, new Dictionary<string, string>(StringComparer.Ordinal));
        _latest[shared] = shared;
        return shared;
    }
}
