using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using HeartbeatGateway.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>
/// The open HTTP connections of all endpoints, at most as many as file descriptors are kept for them. Where places are short, a new connection replaces
/// another one, so that connections that send nothing, send slowly or do not read cannot keep health checks and scrapes out. Thread-safe.
/// </summary>
/// <param name="maxConnections">The most open connections.</param>
/// <param name="maxPerAddress">The most of one address; 0 for no limit. Not applied to addresses of this machine.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="metrics">Counts replaced and rejected connections.</param>
internal sealed class HttpConnectionTable(int maxConnections, int maxPerAddress, TimeProvider timeProvider, HttpMetrics metrics)
{
    /// <summary>Places kept for peers on this machine: the health check of a container, and a scraper or proxy beside the gateway.</summary>
    private const int MostKeptForLocal = 16;

    private readonly Lock _lock = new();
    private readonly List<HttpConnection> _open = [];
    private readonly int _maxRemote = maxConnections - Math.Min(MostKeptForLocal, maxConnections / 4);

    /// <summary>The number of open connections.</summary>
    public int Count
    {
        get { lock (_lock) return _open.Count; }
    }

    /// <summary>Takes a place for an accepted socket, if need be that of another connection, which is closed.</summary>
    /// <param name="key">Identifies the socket.</param>
    /// <param name="remote">Its peer.</param>
    /// <param name="local">Its own end.</param>
    /// <param name="report">What had to be done, for the log; null when a place was free.</param>
    /// <returns>False when every connection that it could replace has a request in progress that is protected, or is just being accepted.</returns>
    public bool TryAdd(object key, EndPoint? remote, EndPoint? local, out string? report)
    {
        var (address, isLocal) = Describe(remote, local);
        HttpConnection? replaced = null;
        lock (_lock)
        {
            report = FindShortage(address, isLocal, out var candidates);
            if (report is not null)
            {
                replaced = FindReplaceable(candidates);
                if (replaced is null) metrics.Rejected();
                else metrics.Replaced();
                if (replaced is null) return false;
                _open.Remove(replaced);
            }

            _open.Add(new HttpConnection(key, address, isLocal, timeProvider.GetTimestamp()));
        }

        replaced?.Connection!.Abort(new ConnectionAbortedException("The place of this connection was needed for another one."));
        return true;
    }

    /// <summary>An accepted socket has become a connection. It leaves the table when it closes.</summary>
    public void Attach(object key, ConnectionContext connection)
    {
        HttpConnection? entry;
        lock (_lock)
        {
            entry = _open.Find(c => ReferenceEquals(c.Key, key));
            if (entry is null) return;
            entry.Connection = connection;
        }

        connection.Features.Set(entry);
        connection.ConnectionClosed.UnsafeRegister(static state =>
        {
            var (table, key) = ((HttpConnectionTable, object))state!;
            table.Remove(key);
        }, (this, key));
    }

    /// <summary>A connection has closed, or a socket is closed that does not become one.</summary>
    public void Remove(object key)
    {
        lock (_lock)
        {
            var index = _open.FindIndex(c => ReferenceEquals(c.Key, key));
            if (index >= 0) _open.RemoveAt(index);
        }
    }

    private static (IPAddress? Address, bool IsLocal) Describe(EndPoint? remote, EndPoint? local)
    {
        if (AddressOf(remote) is not { } peer) return (null, false);
        // A machine also reaches itself by its other addresses, where both ends have the same one.
        var isLocal = IPAddress.IsLoopback(peer) || peer.Equals(AddressOf(local));
        if (peer.AddressFamily != AddressFamily.InterNetworkV6) return (peer, isLocal);
        // One subscriber may use the whole /64 network.
        var bytes = peer.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return (new IPAddress(bytes), isLocal);
    }

    private static IPAddress? AddressOf(EndPoint? endPoint)
    {
        var address = (endPoint as IPEndPoint)?.Address;
        return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
    }

    private string? FindShortage(IPAddress? address, bool isLocal, out Predicate<HttpConnection> candidates)
    {
        candidates = static _ => true;
        if (!isLocal && maxPerAddress > 0 && _open.Count(c => Equals(c.Address, address)) is var own && own >= maxPerAddress)
        {
            candidates = c => Equals(c.Address, address);
            return $"{own} HTTP connections from {address} are open, as many as Gateway:Http:MaxConnectionsPerAddress allows";
        }

        if (_open.Count >= maxConnections) return $"{_open.Count} HTTP connections are open, as many as file descriptors are kept for";
        if (isLocal || _open.Count(c => !c.IsLocal) is var remote && remote < _maxRemote) return null;
        candidates = static c => !c.IsLocal;
        return $"{remote} HTTP connections from other machines are open, and the remaining {maxConnections - _maxRemote} places are kept for this machine";
    }

    /// <summary>
    /// Of the address with the most connections: one that waits for a request rather than one with a request in progress, and the one that has done so
    /// for the longest time. So many connections of few addresses replace each other and not those of others.
    /// </summary>
    private HttpConnection? FindReplaceable(Predicate<HttpConnection> candidates)
    {
        HttpConnection? best = null;
        var bestRank = default((int OfAddress, bool IsWaiting, long Age));
        var counts = CountByAddress();
        foreach (var entry in _open)
        {
            // A connection that is just being created cannot be closed yet.
            if (entry.Connection is null || !candidates(entry) || entry.State is var state && state == HttpConnectionState.HealthCheck) continue;
            var rank = (counts[entry.Address ?? IPAddress.None], state == HttpConnectionState.Waiting, -entry.Since);
            if (best is not null && rank.CompareTo(bestRank) <= 0) continue;
            (best, bestRank) = (entry, rank);
        }

        return best;
    }

    private Dictionary<IPAddress, int> CountByAddress()
    {
        var counts = new Dictionary<IPAddress, int>();
        foreach (var entry in _open) CollectionsMarshal.GetValueRefOrAddDefault(counts, entry.Address ?? IPAddress.None, out _)++;
        return counts;
    }
}
