namespace HeartbeatGateway.Shared.Idle;

/// <summary>
/// The pauses of this process (garbage collection, a stopped or suspended machine). They do not count as idle time of a peer, because the process
/// could not read. One thread adds, any thread reads.
/// </summary>
internal sealed class ProcessPauses
{
    private const int Remembered = 1024;
    private Pause[] _pauses = [];

    /// <summary>Records a pause. Pauses are added in the order in which they happened.</summary>
    /// <param name="start">Timestamp of the last activity before it.</param>
    /// <param name="end">Timestamp of the first activity after it.</param>
    public void Add(long start, long end)
    {
        var known = _pauses.AsSpan();
        if (known.Length == Remembered) known = known[1..];
        Volatile.Write(ref _pauses, [.. known, new Pause(start, end)]);
    }

    /// <summary>How much of the time between two timestamps was paused.</summary>
    public long Between(long from, long to)
    {
        var pauses = Volatile.Read(ref _pauses);
        long sum = 0;
        for (var i = pauses.Length - 1; i >= 0 && pauses[i].End > from; i--)
        {
            sum += Math.Max(0, Math.Min(to, pauses[i].End) - Math.Max(from, pauses[i].Start));
        }

        return sum;
    }

    /// <summary>The whole length of all pauses of which a part lies between two timestamps.</summary>
    public long Touching(long from, long to)
    {
        var pauses = Volatile.Read(ref _pauses);
        long sum = 0;
        for (var i = pauses.Length - 1; i >= 0 && pauses[i].End > from; i--)
        {
            if (pauses[i].Start < to) sum += pauses[i].End - pauses[i].Start;
        }

        return sum;
    }

    private readonly record struct Pause(long Start, long End);
}
