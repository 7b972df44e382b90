using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>
/// Remembers clients that timed out before a second heartbeat. A client whose interval is above the limit never shows it on one connection: each one
/// ends before the second heartbeat, and the client comes back. Bounded: those that were not seen for longest are forgotten. Thread-safe.
/// </summary>
internal sealed class FirstHeartbeats(int capacity = FirstHeartbeats.DefaultCapacity)
{
    public const int DefaultCapacity = 8192;

    /// <summary>An identity that comes back and times out in the same way is one client.</summary>
    private const int RepeatsOfClient = 1;

    /// <summary>Behind one address there may be several clients, so once more is asked for.</summary>
    private const int RepeatsOfAddress = 2;

    private readonly Lock _lock = new();
    private Dictionary<Key, Ended> _recent = [];
    private Dictionary<Key, Ended> _older = [];

    /// <summary>A connection timed out before a second heartbeat.</summary>
    /// <param name="clientId">Its client id; null while it is anonymous.</param>
    /// <param name="address">Its address, which anonymous clients are known by.</param>
    /// <param name="connectedAt">Timestamp of its first valid frame.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="window">How long an ended connection is remembered, in timestamp units.</param>
    /// <returns>True when it has happened to this client several times in a row.</returns>
    public bool IsRepeated(string? clientId, AddressKey address, long connectedAt, long now, long window)
    {
        if (clientId is null && address.Family == AddressKey.Kind.None) return false;
        var key = new Key(clientId, clientId is null ? address : default);
        lock (_lock)
        {
            if (!_recent.TryGetValue(key, out var ended)) _older.Remove(key, out ended);
            // It came back after that end: a connection that was open before is another one of the same address.
            var follows = ended.Times > 0 && connectedAt >= ended.At && connectedAt - ended.At <= window;
            var repeats = follows ? ended.Times : 0;
            if (_recent.Count >= capacity / 2) (_older, _recent) = (_recent, []);
            _recent[key] = new Ended(now, repeats + 1);
            return repeats >= (clientId is null ? RepeatsOfAddress : RepeatsOfClient);
        }
    }

    private readonly record struct Key(string? ClientId, AddressKey Address);

    private readonly record struct Ended(long At, int Times);
}
