namespace HeartbeatGateway.Server.Bans;

/// <summary>
/// Bans of networks of one address family: a dictionary for each length of prefix, so that finding those of an address takes one look for each length
/// in use, whatever their number is. Not thread-safe.
/// </summary>
internal sealed class PrefixTable(bool isV6)
{
    private readonly Dictionary<UInt128, BanEntry>?[] _byLength = new Dictionary<UInt128, BanEntry>?[NetworkPrefix.WidthOf(isV6) + 1];

    public void Set(BanEntry entry) => (_byLength[entry.Ban.Network.Length] ??= [])[entry.Ban.Network.Bits] = entry;

    public void Remove(Ban ban)
    {
        if (_byLength[ban.Network.Length] is not { } bans) return;
        bans.Remove(ban.Network.Bits);
        if (bans.Count == 0) _byLength[ban.Network.Length] = null;
    }

    /// <summary>The bans whose networks an address is in, the smallest network first.</summary>
    public IEnumerable<BanEntry> Of(UInt128 address)
    {
        for (var length = _byLength.Length - 1; length >= 0; length--)
        {
            if (_byLength[length] is { } bans && bans.TryGetValue(NetworkPrefix.Mask(address, length, isV6), out var entry)) yield return entry;
        }
    }
}
