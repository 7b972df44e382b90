using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// All open connections, each in a slot of its own. Counts change under the lock that adds and removes, so that gauges cannot drift. Enumerating takes
/// no lock: it sees every connection that was open throughout.
/// </summary>
internal sealed class ConnectionTable
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private GatewayConnection?[] _slots = new GatewayConnection?[64];
    private int _used;
    private int _count;
    private int _connected;
    private int _webSockets;
    private uint _lastSequence;
    private TaskCompletionSource? _emptied;

    public int Count => Volatile.Read(ref _count);

    public int Connected => Volatile.Read(ref _connected);

    /// <summary>Both counts at one moment.</summary>
    public (int Count, int Connected) Counts
    {
        get { lock (_lock) return (_count, _connected); }
    }

    /// <summary>Connected clients of one transport.</summary>
    public int ConnectedBy(TransportKind transport)
    {
        lock (_lock) return transport == TransportKind.WebSocket ? _webSockets : _connected - _webSockets;
    }

    /// <summary>Adds a connection and gives it its id: unique in this process, never used again.</summary>
    public void Add(GatewayConnection connection)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _used++;
                if (slot == _slots.Length)
                {
                    var larger = new GatewayConnection?[_slots.Length * 2];
                    _slots.CopyTo(larger, 0);
                    Volatile.Write(ref _slots, larger);
                }
            }

            // The slot locates the connection; the sequence distinguishes it from earlier ones in that slot.
            connection.Id = new ConnectionId(slot, ++_lastSequence);
            Volatile.Write(ref _slots[slot], connection);
            _count++;
        }
    }

    public void MarkConnected(GatewayConnection connection, long now)
    {
        lock (_lock)
        {
            connection.ConnectedAt = now;
            _connected++;
            if (connection.Kind == TransportKind.WebSocket) _webSockets++;
        }
    }

    public void Remove(GatewayConnection connection)
    {
        lock (_lock)
        {
            Volatile.Write(ref _slots[connection.Id.Slot], null);
            _free.Push(connection.Id.Slot);
            _count--;
            if (connection.IsConnected) _connected--;
            if (connection is { IsConnected: true, Kind: TransportKind.WebSocket }) _webSockets--;
            if (_count > 0) return;
            // A later wait is for the connections that open after this moment.
            _emptied?.TrySetResult();
            _emptied = null;
        }
    }

    /// <summary>Completes when the last connection is removed; at once when there is none.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_lock)
        {
            if (_count == 0) return Task.CompletedTask;
            return (_emptied ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Finds an open connection; null when it has ended.</summary>
    public GatewayConnection? Find(ConnectionId id)
    {
        var slots = Volatile.Read(ref _slots);
        if ((uint)id.Slot >= (uint)slots.Length) return null;
        var connection = Volatile.Read(ref slots[id.Slot]);
        return connection?.Id == id ? connection : null;
    }

    /// <summary>All open connections, handshaking ones included, in the order of their slots.</summary>
    /// <param name="fromSlot">The first slot to look at.</param>
    public IEnumerable<GatewayConnection> All(int fromSlot = 0)
    {
        var slots = Volatile.Read(ref _slots);
        for (var i = fromSlot; i < slots.Length; i++)
        {
            if (Volatile.Read(ref slots[i]) is { } connection) yield return connection;
        }
    }
}
