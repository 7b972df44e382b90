using System.Globalization;

namespace HeartbeatGateway.Server.Context;

/// <summary>
/// Limits the log lines of one kind, in all and about each address. Remembers a bounded number of addresses: beyond it, those that were not seen for longest are
/// forgotten, which gives them a new budget within the one of the kind. Thread-safe.
/// </summary>
internal sealed class KindLines(int capacity = KindLines.DefaultCapacity)
{
    public const int DefaultCapacity = 4096;

    /// <summary>An address that used fewer lines of its budget may use those that <see cref="LineBudget.Shared"/> leaves.</summary>
    private const int QuietLines = 20;

    /// <summary>Addresses that a report names; the others are counted.</summary>
    private const int MaxNamed = 3;

    private readonly Lock _lock = new();

    // Two generations: when the newer one holds half of the capacity it becomes the older one, and the older one is forgotten.
    private Dictionary<AddressKey, AddressLines> _recent = [];
    private Dictionary<AddressKey, AddressLines> _older = [];
    private LineBucket _bucket;
    private long _suppressed;

    /// <summary>Asks for one line about an address.</summary>
    /// <returns>False when the line is suppressed; it is counted for the next report, if wanted.</returns>
    public bool TryTake(AddressKey address, in LineBudget budget, long now, bool isCounted = true)
    {
        lock (_lock)
        {
            var lines = Find(address);
            var used = lines.Bucket.Used(now, budget.AddressInterval);
            var most = used < QuietLines ? budget.Burst : budget.Shared;
            if (used >= budget.AddressBurst || _bucket.Used(now, budget.Interval) >= most)
            {
                if (!isCounted) return false;
                _suppressed++;
                lines.Suppressed++;
                return false;
            }

            lines.Bucket.Take(now, budget.AddressInterval);
            _bucket.Take(now, budget.Interval);
            return true;
        }
    }

    /// <summary>What was suppressed since the last call; null when nothing was.</summary>
    public SuppressedLines? TakeSuppressed()
    {
        lock (_lock)
        {
            if (_suppressed == 0) return null;
            var noisy = _recent.Concat(_older).Where(entry => entry.Value.Suppressed > 0).OrderByDescending(entry => entry.Value.Suppressed).ToList();
            var named = noisy.Take(MaxNamed).Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key} ({entry.Value.Suppressed})"));
            var addresses = string.Join(", ", noisy.Count > MaxNamed ? named.Append($"{noisy.Count - MaxNamed} more") : named);
            foreach (var (_, lines) in noisy) lines.Suppressed = 0;
            var total = _suppressed;
            _suppressed = 0;
            return new SuppressedLines(total, addresses);
        }
    }

    private AddressLines Find(AddressKey address)
    {
        if (_recent.TryGetValue(address, out var lines)) return lines;
        if (!_older.Remove(address, out lines)) lines = new AddressLines();
        if (_recent.Count >= capacity / 2) (_older, _recent) = (_recent, []);
        _recent.Add(address, lines);
        return lines;
    }

    private sealed class AddressLines
    {
        public LineBucket Bucket;
        public long Suppressed;
    }
}
