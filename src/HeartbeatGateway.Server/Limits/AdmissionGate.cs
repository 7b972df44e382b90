using System.Runtime.InteropServices;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Limits;

/// <summary>
/// Counts admitted connections and applies the limits on them. Counts by address also while that limit is off: when a reload sets it, it counts the
/// connections that are open.
/// </summary>
internal sealed class AdmissionGate(TimeProvider timeProvider, MemoryPressure memory)
{
    /// <summary>Below this number of addresses the table keeps its memory.</summary>
    private const int MinTrimmedCapacity = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<AddressKey, int> _perAddress = [];
    private int _open;
    private long _nextAccept = timeProvider.GetTimestamp();

    /// <summary>Places taken.</summary>
    public int Places => Volatile.Read(ref _open);

    /// <summary>The number of addresses that the table has memory for.</summary>
    public int AddressCapacity
    {
        get { lock (_lock) return _perAddress.Capacity; }
    }

    /// <summary>Takes a place unless an enforced limit forbids it. Return it with <see cref="Leave"/>.</summary>
    /// <param name="settings">The settings in force.</param>
    /// <param name="above">The limits that the connection exceeds, as far as they had to be checked.</param>
    /// <returns>True when a place was taken.</returns>
    public bool TryEnter(EngineSettings settings, out LimitKind above)
    {
        above = LimitKind.None;
        lock (_lock)
        {
            if (settings.MaxConnections > 0 && _open >= settings.MaxConnections) above |= LimitKind.Total;
            if (IsRefused(above) || (memory.IsAbove(settings.Memory, !settings.ReportOnly.Has(LimitKind.Memory)) && IsRefused(above |= LimitKind.Memory))) return false;
            // A connection that another limit rejects takes nothing from the rate.
            if (!PassesRate(settings.AcceptsPerSecond) && IsRefused(above |= LimitKind.Rate)) return false;
            _open++;
            return true;
        }

        bool IsRefused(LimitKind limits) => (limits & ~settings.ReportOnly) != LimitKind.None;
    }

    /// <summary>Takes a place of an address, which may be known only after <see cref="TryEnter"/>.</summary>
    /// <param name="address">The address.</param>
    /// <param name="settings">The settings in force.</param>
    /// <param name="isCounted">The place has to be returned.</param>
    /// <param name="isAbove">The address is at its limit.</param>
    /// <returns>False when it is and the limit is enforced.</returns>
    public bool TryEnterAddress(AddressKey address, EngineSettings settings, out bool isCounted, out bool isAbove)
    {
        isCounted = isAbove = false;
        if (address.Family == AddressKey.Kind.None) return true;
        lock (_lock)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_perAddress, address, out _);
            isAbove = settings.MaxConnectionsPerAddress > 0 && count >= settings.MaxConnectionsPerAddress;
            if (isAbove && !settings.ReportOnly.Has(LimitKind.Address)) return false;
            count++;
            isCounted = true;
            return true;
        }
    }

    /// <summary>Returns the place, and that of the address if one was taken.</summary>
    public void Leave(AddressKey address, bool countedByAddress)
    {
        lock (_lock)
        {
            _open--;
            if (!countedByAddress) return;
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_perAddress, address);
            if (--count > 0) return;
            _perAddress.Remove(address);
            // After a storm of many addresses. Halved at least, so that the cost of copying stays in proportion.
            if (_perAddress.Capacity > MinTrimmedCapacity && _perAddress.Count < _perAddress.Capacity / 4) _perAddress.TrimExcess(_perAddress.Count * 2);
        }
    }

    /// <summary>
    /// Returns what a connection took from the accept rate, because it had no effect that the rate limits: it sent no byte, or another limit
    /// rejected it. So neither health checks nor a single address above its limit keep clients out.
    /// </summary>
    /// <param name="settings">The settings in force.</param>
    /// <param name="age">How long ago it was accepted. After a second the rate has forgotten it, and returning it would allow a larger burst.</param>
    public void ReturnAccept(EngineSettings settings, TimeSpan age)
    {
        if (settings.AcceptsPerSecond == 0 || age > TimeSpan.FromSeconds(1)) return;
        lock (_lock) _nextAccept -= timeProvider.TimestampFrequency / settings.AcceptsPerSecond;
    }

    /// <summary>A token bucket that holds a second's worth, in its virtual-scheduling form.</summary>
    private bool PassesRate(int perSecond)
    {
        if (perSecond == 0) return true;
        var now = timeProvider.GetTimestamp();
        var interval = timeProvider.TimestampFrequency / perSecond;
        var next = Math.Max(_nextAccept, now);
        if (next - now > timeProvider.TimestampFrequency - interval) return false;
        _nextAccept = next + interval;
        return true;
    }
}
