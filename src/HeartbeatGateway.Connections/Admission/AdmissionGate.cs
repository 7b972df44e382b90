using System.Runtime.InteropServices;
using HeartbeatGateway.Connections.Reconnects;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Connections.Admission;

/// <summary>Decides who may connect. Counts per address only while that limit is set, since most gateways never need it.</summary>
internal sealed class AdmissionGate(TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressKey, int> _perAddress = [];
    private int _open;
    private long _nextAccept = timeProvider.GetTimestamp();

    /// <summary>Takes a place or says why there is none. A place must be given back with <see cref="Leave"/>.</summary>
    public CloseReason TryEnter(EngineSettings settings)
    {
        lock (_lock)
        {
            if (settings.MaxConnections > 0 && _open >= settings.MaxConnections) return CloseReason.LimitTotal;
            if (!PassesRate(settings.AcceptsPerSecond)) return CloseReason.LimitRate;
            _open++;
            return CloseReason.None;
        }
    }

    /// <summary>Takes a place of an address, which may be known only after <see cref="TryEnter"/>.</summary>
    /// <returns>False when the address has all that it may have.</returns>
    public bool TryEnterAddress(AddressKey address, EngineSettings settings, out bool counted)
    {
        counted = false;
        if (settings.MaxConnectionsPerAddress == 0 || address.Family == AddressKey.Kind.None) return true;
        lock (_lock)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_perAddress, address, out _);
            if (count >= settings.MaxConnectionsPerAddress) return false;
            count++;
            counted = true;
            return true;
        }
    }

    /// <summary>Gives back the place, and that of the address if one was taken.</summary>
    public void Leave(AddressKey address, bool countedByAddress)
    {
        lock (_lock)
        {
            _open--;
            if (!countedByAddress) return;
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_perAddress, address);
            if (--count == 0) _perAddress.Remove(address);
        }
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
