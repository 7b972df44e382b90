using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// The gaps between the latest 16 pings of a connection, in 36 bytes: resolution 10 ms, 655.35 s at most. Written by the read loop alone. Read by
/// any thread, which may see a gap that is being replaced, but never a torn one.
/// </summary>
internal struct HeartbeatGaps
{
    public const int Capacity = 16;

    private static readonly TimeSpan Unit = TimeSpan.FromMilliseconds(10);

    private Ring _ring;
    private uint _count;

    public void Add(TimeSpan gap, int times = 1)
    {
        var units = (ushort)Math.Min(ushort.MaxValue, Math.Round(gap / Unit));
        for (var i = 0; i < Math.Min(times, Capacity); i++) _ring[(int)(_count++ % Capacity)] = units;
    }

    /// <summary>The gaps, the oldest first.</summary>
    public readonly TimeSpan[] ToArray()
    {
        var count = Volatile.Read(in _count);
        var gaps = new TimeSpan[Math.Min(count, Capacity)];
        for (var i = 0; i < gaps.Length; i++) gaps[i] = Unit * _ring[(int)((count - gaps.Length + i) % Capacity)];
        return gaps;
    }

    /// <summary>The mean difference of neighbouring gaps (the jitter of RFC 3550, 6.4.1, without its smoothing). Zero below two gaps.</summary>
    public readonly TimeSpan Jitter()
    {
        var count = Volatile.Read(in _count);
        var kept = Math.Min(count, Capacity);
        if (kept < 2) return TimeSpan.Zero;
        long sum = 0;
        for (var i = count - kept + 1; i < count; i++) sum += Math.Abs(_ring[(int)(i % Capacity)] - _ring[(int)((i - 1) % Capacity)]);
        return Unit * ((double)sum / (kept - 1));
    }

    [InlineArray(Capacity)]
    private struct Ring
    {
        private ushort _first;
    }
}
