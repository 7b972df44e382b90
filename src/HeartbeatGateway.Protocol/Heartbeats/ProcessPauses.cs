namespace HeartbeatGateway.Protocol.Heartbeats;

/// <summary>
/// The pauses of this process itself (garbage collection, a stopped or suspended machine). Time that nobody could use to read
/// does not count as a peer's silence. One thread adds, any thread reads.
/// </summary>
public sealed class ProcessPauses
{
    private const int Remembered = 1024;
    private Stall[] _stalls = [];

    /// <summary>Records a pause. Pauses are added in the order in which they happened.</summary>
    /// <param name="start">Timestamp of the last sign of life before it.</param>
    /// <param name="end">Timestamp of the first sign of life after it.</param>
    public void Add(long start, long end)
    {
        var known = _stalls.AsSpan();
        if (known.Length == Remembered) known = known[1..];
        Volatile.Write(ref _stalls, [.. known, new Stall(start, end)]);
    }

    /// <summary>How much of the time between two timestamps was paused.</summary>
    public long Between(long from, long to)
    {
        var stalls = Volatile.Read(ref _stalls);
        long sum = 0;
        for (var i = stalls.Length - 1; i >= 0 && stalls[i].End > from; i--)
        {
            sum += Math.Max(0, Math.Min(to, stalls[i].End) - Math.Max(from, stalls[i].Start));
        }

        return sum;
    }

    private readonly record struct Stall(long Start, long End);
}
