using System.Globalization;
using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Bans;

/// <summary>The bans in force. Finding one takes no more than a few looks into dictionaries, and no lock while there is none of its kind.</summary>
internal sealed class BanList(EngineContext context, ConnectionTable table)
{
    /// <summary>Automatic bans never leave operators without places.</summary>
    private const int MaxAutomatic = Ban.MaxCount / 2;

    private readonly Lock _lock = new();
    private BanTable _bans = new();
    private DateTimeOffset _nextExpiry = DateTimeOffset.MaxValue;
    private long _version;
    private volatile bool _hasAny;
    private volatile bool _hasAddresses;

    public long Version => Interlocked.Read(ref _version);

    /// <summary>The bans in force, the newest first.</summary>
    public IReadOnlyList<BanEntry> Entries()
    {
        lock (_lock)
        {
            Prune();
            return [.. _bans.All.OrderByDescending(e => e.Ban.CreatedAt).ThenBy(e => e.Ban.Id, StringComparer.Ordinal)];
        }
    }

    public int CountOf(BanKind kind)
    {
        lock (_lock)
        {
            Prune();
            return _bans.CountOf(kind);
        }
    }

    /// <summary>Connections that a ban in force has refused; 0 for another.</summary>
    public long RefusedBy(string id)
    {
        lock (_lock) return _bans.Find(id)?.Refused ?? 0;
    }

    public BanRefusal Check(Ban ban)
    {
        if (ban.ExpiresAt <= context.TimeProvider.GetUtcNow()) return BanRefusal.Expired;
        if (ban.Kind == BanKind.Address && context.Settings.TrustedProxies.Any(network => ban.Network.IsWithin(network))) return BanRefusal.TrustedProxy;
        lock (_lock)
        {
            Prune();
            return HasPlace(ban) ? BanRefusal.None : BanRefusal.Full;
        }
    }

    /// <summary>Adds a ban or replaces the one with its id.</summary>
    /// <returns>False when the list is full.</returns>
    public bool TryAdd(Ban ban)
    {
        lock (_lock)
        {
            Prune();
            if (!HasPlace(ban)) return false;
            // What an operator has decided meanwhile stays.
            if (ban.IsAutomatic && _bans.Find(ban.Id) is { Ban.IsAutomatic: false }) return true;
            Set(ban, _bans);
            Changed();
            return true;
        }
    }

    public bool Remove(string id)
    {
        lock (_lock)
        {
            Prune();
            if (!_bans.Remove(id)) return false;
            Changed();
            return true;
        }
    }

    /// <exception cref="ArgumentException">There are too many.</exception>
    public void Replace(IReadOnlyCollection<Ban> bans, IReadOnlySet<string> former)
    {
        lock (_lock)
        {
            Prune();
            var now = context.TimeProvider.GetUtcNow();
            var stay = _bans.All.Select(e => e.Ban).Where(b => !former.Contains(b.Id));
            var all = bans.Where(b => b.ExpiresAt is not { } expiry || expiry > now).Concat(stay).DistinctBy(b => b.Id, StringComparer.Ordinal).ToList();
            if (all.Count > Ban.MaxCount) throw new ArgumentException($"These are {all.Count} bans, but there may be {Ban.MaxCount}.", nameof(bans));
            var replaced = new BanTable();
            _nextExpiry = DateTimeOffset.MaxValue;
            foreach (var ban in all) Set(ban, replaced);
            _bans = replaced;
            Changed();
        }
    }

    /// <summary>The ban that refuses new connections of an address; null when there is none.</summary>
    public BanEntry? OfAddress(EndPoint? remote)
    {
        if (!_hasAddresses || BannableAddressOf(remote) is not { } address) return null;
        lock (_lock) return FirstInForce(_bans.OfAddress(address));
    }

    /// <summary>The ban that refuses a token key; null when there is none.</summary>
    public BanEntry? OfKey(string keyId)
    {
        if (!_hasAny) return null;
        lock (_lock) return FirstInForce([_bans.OfKey(keyId)]);
    }

    /// <summary>The ban that refuses a client id; null when there is none.</summary>
    public BanEntry? OfClient(string clientId)
    {
        if (!_hasAny) return null;
        lock (_lock) return FirstInForce([_bans.OfClient(clientId)]);
    }

    /// <summary>All bans that match an open connection.</summary>
    public IReadOnlyList<BanEntry> Of(GatewayConnection connection)
    {
        if (!_hasAny || connection.HasEnded) return [];
        var now = context.TimeProvider.GetUtcNow();
        var address = BannableAddressOf(connection.RemoteEndPoint);
        lock (_lock)
        {
            var ofClient = connection.Session is { } session ? _bans.OfClient(session.ClientId) : null;
            var ofKey = connection.Signer is { } signer ? _bans.OfKey(signer.Key.Id) : null;
            IEnumerable<BanEntry?> found = [ofClient, ofKey, .. address is { } network ? _bans.OfAddress(network) : []];
            return [.. found.OfType<BanEntry>().Where(e => e.IsInForce(now))];
        }
    }

    /// <summary>The open connections that a ban matches, whether it is in force or not.</summary>
    public IEnumerable<GatewayConnection> MatchesOf(Ban ban)
    {
        // Pairs with the barriers of those that open a connection or verify a frame: either they see the ban, or it sees what they set.
        Interlocked.MemoryBarrier();
        return table.All().Where(connection => !connection.HasEnded && Matches(ban, connection));
    }

    /// <summary>Closes the open connections that a ban matches, except one, while it is in force: it may be lifted before the walk has reached them.</summary>
    public int CloseMatches(Ban ban, GatewayConnection except) =>
        MatchesOf(ban).Count(connection => connection != except && Of(connection).Any(entry => entry.Ban.Id == ban.Id) && Close(connection, ban));

    /// <summary>Closes the open connections that a ban in force matches, of all bans.</summary>
    public int CloseAll()
    {
        Interlocked.MemoryBarrier();
        return table.All().Count(connection => Of(connection) is [var entry, ..] && Close(connection, entry.Ban));
    }

    /// <summary>Closes a connection for a ban.</summary>
    public static bool Close(GatewayConnection connection, Ban ban, bool acceptsClose = false, string? clientId = null) =>
        connection.Close(new CloseRequest(CloseReason.Banned) { Detail = DetailOf(ban), AcceptsClose = acceptsClose, VerifiedClientId = clientId });

    private static string DetailOf(Ban ban)
    {
        var what = ban.Kind switch
        {
            BanKind.Client => "this client id is banned",
            BanKind.Key => "the token key of this client is banned",
            _ => "the address of this client is banned",
        };
        return ban.ExpiresAt is { } expiry ? string.Create(CultureInfo.InvariantCulture, $"{what} until {expiry.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}") : what;
    }

    private bool Matches(Ban ban, GatewayConnection connection) => ban.Kind switch
    {
        BanKind.Client => connection.Session?.ClientId == ban.Value,
        BanKind.Key => connection.Signer?.Key.Id == ban.Value,
        _ => BannableAddressOf(connection.RemoteEndPoint) is { } address && ban.Network.Contains(address),
    };

    /// <summary>False for addresses that no ban matches.</summary>
    public bool IsBannable(EndPoint? remote) => BannableAddressOf(remote) is not null;

    /// <summary>The address of a peer; null for this machine, for trusted proxies, and for transports without addresses.</summary>
    private NetworkPrefix? BannableAddressOf(EndPoint? remote) =>
        NetworkPrefix.From(remote) is { IsLoopback: false } address && !context.Settings.IsTrustedProxy(remote) ? address : null;

    private BanEntry? FirstInForce(IEnumerable<BanEntry?> found)
    {
        var now = context.TimeProvider.GetUtcNow();
        return found.FirstOrDefault(entry => entry?.IsInForce(now) == true);
    }

    private bool HasPlace(Ban ban) => _bans.Find(ban.Id) is not null || (_bans.Count < Ban.MaxCount && (!ban.IsAutomatic || _bans.Automatic < MaxAutomatic));

    private void Set(Ban ban, BanTable bans)
    {
        bans.Set(new BanEntry(ban, _bans.Find(ban.Id)?.Refused ?? 0));
        if (ban.ExpiresAt < _nextExpiry) _nextExpiry = ban.ExpiresAt.Value;
    }

    private void Changed()
    {
        (_hasAny, _hasAddresses) = (_bans.Count > 0, _bans.CountOf(BanKind.Address) > 0);
        Interlocked.Increment(ref _version);
    }

    /// <summary>Removes expired bans.</summary>
    private void Prune()
    {
        var now = context.TimeProvider.GetUtcNow();
        if (now < _nextExpiry) return;
        foreach (var entry in _bans.All.Where(e => !e.IsInForce(now)).ToList()) _bans.Remove(entry.Ban.Id);
        _nextExpiry = _bans.All.Min(e => e.Ban.ExpiresAt) ?? DateTimeOffset.MaxValue;
        (_hasAny, _hasAddresses) = (_bans.Count > 0, _bans.CountOf(BanKind.Address) > 0);
    }
}
