namespace HeartbeatGateway.Server.Bans;

/// <summary>Bans by their ids and by what they match. Not thread-safe.</summary>
internal sealed class BanTable
{
    private readonly Dictionary<string, BanEntry> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BanEntry> _clients = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BanEntry> _keys = new(StringComparer.Ordinal);
    private readonly PrefixTable _v4 = new(isV6: false);
    private readonly PrefixTable _v6 = new(isV6: true);

    public int Count => _byId.Count;

    /// <summary>How many of them the gateway made.</summary>
    public int Automatic { get; private set; }

    public int CountOf(BanKind kind) => kind switch
    {
        BanKind.Client => _clients.Count,
        BanKind.Key => _keys.Count,
        _ => _byId.Count - _clients.Count - _keys.Count,
    };

    public IEnumerable<BanEntry> All => _byId.Values;

    public BanEntry? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Adds a ban, or replaces the one with its id.</summary>
    public void Set(BanEntry entry)
    {
        Remove(entry.Ban.Id);
        _byId[entry.Ban.Id] = entry;
        if (entry.Ban.IsAutomatic) Automatic++;
        switch (entry.Ban.Kind)
        {
            case BanKind.Client:
                _clients[entry.Ban.Value] = entry;
                break;
            case BanKind.Key:
                _keys[entry.Ban.Value] = entry;
                break;
            default:
                Networks(entry.Ban.Network.IsV6).Set(entry);
                break;
        }
    }

    public bool Remove(string id)
    {
        if (!_byId.Remove(id, out var entry)) return false;
        if (entry.Ban.IsAutomatic) Automatic--;
        switch (entry.Ban.Kind)
        {
            case BanKind.Client:
                _clients.Remove(entry.Ban.Value);
                break;
            case BanKind.Key:
                _keys.Remove(entry.Ban.Value);
                break;
            default:
                Networks(entry.Ban.Network.IsV6).Remove(entry.Ban);
                break;
        }

        return true;
    }

    public BanEntry? OfClient(string clientId) => _clients.GetValueOrDefault(clientId);

    public BanEntry? OfKey(string keyId) => _keys.GetValueOrDefault(keyId);

    public IEnumerable<BanEntry> OfAddress(NetworkPrefix address) => Networks(address.IsV6).Of(address.Bits);

    private PrefixTable Networks(bool isV6) => isV6 ? _v6 : _v4;
}
