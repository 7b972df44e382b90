namespace HeartbeatGateway.Server.Disconnects;

/// <summary>
/// The latest ended connections: those of clients, and in a smaller ring of their own those that ended before a valid frame, so that a flood of them
/// displaces no client. Thread-safe.
/// </summary>
internal sealed class DisconnectHistory(int clients = DisconnectHistory.Clients, int strangers = DisconnectHistory.Strangers)
{
    /// <summary>Kept connections that had brought a valid frame.</summary>
    public const int Clients = 10_000;

    /// <summary>Kept connections that had not.</summary>
    public const int Strangers = 1_000;

    private readonly Lock _lock = new();
    private readonly DisconnectRing _clients = new(clients);
    private readonly DisconnectRing _strangers = new(strangers);
    private long _last;

    /// <summary>Gives a record its number and keeps it.</summary>
    public void Add(DisconnectRecord record)
    {
        lock (_lock)
        {
            record.Number = ++_last;
            // A client with a name has proved it, also when it was refused before it counted as connected.
            (record.IsConnected || record.ClientId is not null ? _clients : _strangers).Add(record);
        }
    }

    /// <summary>All kept records, the newest first. Takes no lock.</summary>
    public IEnumerable<DisconnectRecord> Read()
    {
        using var known = _clients.Read().GetEnumerator();
        using var unknown = _strangers.Read().GetEnumerator();
        var (hasKnown, hasUnknown) = (known.MoveNext(), unknown.MoveNext());
        while (hasKnown || hasUnknown)
        {
            var isKnown = hasKnown && (!hasUnknown || known.Current.Number > unknown.Current.Number);
            yield return isKnown ? known.Current : unknown.Current;
            if (isKnown) hasKnown = known.MoveNext();
            else hasUnknown = unknown.MoveNext();
        }
    }
}
