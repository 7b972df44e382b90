using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// The gaps between the latest 16 pings of a connection, in 32 bytes: resolution 10 ms, 655.34 s at most. Written by the read loop alone. Another
/// thread that reads while a gap is added may see a neighbour of it twice, or not at all.
/// </summary>
internal struct HeartbeatGaps
{
    public const int Capacity = 16;

    private static readonly TimeSpan Unit = TimeSpan.FromMilliseconds(10);

    // The latest is at the end. A gap is kept as one more than its units, so that 0 means that there is none.
    private Slots _slots;

    public void Add(TimeSpan gap, int times = 1)
    {
        var kept = (ushort)Math.Min(ushort.MaxValue, Math.Round(gap / Unit) + 1);
        Span<ushort> slots = _slots;
        var added = Math.Min(times, Capacity);
        slots[added..].CopyTo(slots);
        slots[^added..].Fill(kept);
    }

    /// <summary>The gaps, the oldest first.</summary>
    public readonly TimeSpan[] ToArray()
    {
        var slots = _slots;
        var gaps = new List<TimeSpan>(Capacity);
        foreach (var kept in slots)
        {
            if (kept != 0) gaps.Add(Unit * (kept - 1));
        }

        return [.. gaps];
    }

    /// <summary>The mean difference of neighbouring gaps (the jitter of RFC 3550, 6.4.1, without its smoothing). Zero below two gaps.</summary>
    public readonly TimeSpan Jitter()
    {
        var slots = _slots;
        var (sum, count, last) = (0L, 0, 0);
        foreach (var kept in slots)
        {
            if (kept == 0) continue;
            if (last != 0) (sum, count) = (sum + Math.Abs(kept - last), count + 1);
            last = kept;
        }

        return count == 0 ? TimeSpan.Zero : Unit * ((double)sum / count);
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private ushort _first;
    }
}
