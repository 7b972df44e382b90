namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// Counters that many threads increment at once. Each processor has its own row, so that counting a heartbeat never waits for another core's cache
/// line. Reading adds the rows up.
/// </summary>
internal sealed class CounterTable
{
    // Rows are separate arrays, with this many unused longs at either end, so that no two share a cache line.
    private const int Padding = 16;

    private readonly long[][] _rows;

    public CounterTable(int counters)
    {
        _rows = new long[Environment.ProcessorCount][];
        for (var i = 0; i < _rows.Length; i++) _rows[i] = new long[counters + (2 * Padding)];
    }

    public void Add(int counter, long amount = 1) =>
        Interlocked.Add(ref _rows[(uint)Thread.GetCurrentProcessorId() % (uint)_rows.Length][Padding + counter], amount);

    public long Read(int counter)
    {
        long sum = 0;
        foreach (var row in _rows) sum += Volatile.Read(ref row[Padding + counter]);
        return sum;
    }
}
