namespace HeartbeatGateway.Epoll;

/// <summary>
/// The connections of one loop by slot. The kernel is given slot and stamp: an event of a connection that has ended does not reach another one that has its slot, or
/// its descriptor, by now. Slots are in pages, so that growing copies few of them and leaves no garbage.
/// </summary>
internal sealed class ConnectionSlots
{
    /// <summary>A key that no connection gets.</summary>
    public const ulong NoConnection = uint.MaxValue;

    private const int PageBits = 10;
    private const int PageSize = 1 << PageBits;

    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private EpollConnection?[][] _pages = [];
    private uint _stamp;
    private int _used;
    private int _count;

    /// <summary>Connections that have a slot.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <returns>The connection's key.</returns>
    public ulong Add(EpollConnection connection)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _used++;
                if (slot >> PageBits == _pages.Length) Volatile.Write(ref _pages, [.. _pages, new EpollConnection?[PageSize]]);
            }

            Volatile.Write(ref _pages[slot >> PageBits][slot & (PageSize - 1)], connection);
            _count++;
            return ((ulong)++_stamp << 32) | (uint)slot;
        }
    }

    /// <summary>The connection of an event; null when it has ended.</summary>
    public EpollConnection? Find(ulong key)
    {
        var pages = Volatile.Read(ref _pages);
        var slot = (uint)key;
        var page = slot >> PageBits;
        return page < (uint)pages.Length && Volatile.Read(ref pages[page][slot & (PageSize - 1)]) is { } connection && connection.Key == key ? connection : null;
    }

    /// <summary>Frees the connection's slot; once.</summary>
    public void Remove(EpollConnection connection)
    {
        var slot = (int)(uint)connection.Key;
        lock (_lock)
        {
            ref var place = ref _pages[slot >> PageBits][slot & (PageSize - 1)];
            if (place != connection) return;
            place = null;
            _free.Push(slot);
            _count--;
        }
    }

    /// <summary>All connections at this moment.</summary>
    public List<EpollConnection> List()
    {
        lock (_lock) return [.. _pages.SelectMany(static page => page).OfType<EpollConnection>()];
    }
}
