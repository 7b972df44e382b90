using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>
/// Where the reading of one partition's events stands. Each read begins with the entry that was read last: while it is there, nothing behind it is lost. One user at
/// a time.
/// </summary>
/// <param name="partition">The partition.</param>
/// <param name="key">The key of its stream.</param>
internal sealed class EventCursor(int partition, string key)
{
    private static readonly StreamId Beginning = new(0, 0);

    private StreamId _last = Beginning;

    public int Partition => partition;

    public RedisKey Key => key;

    /// <summary>Asks for the last read entry and those behind it.</summary>
    public StreamPosition Position => new(key, _last.IsBeginning ? "0-0" : _last.Previous().ToString());

    /// <summary>The place is lost. <see cref="Begin"/> finds the new one: another server may hold older entries, which are not new.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Reading begins behind the last entry there is.</summary>
    public void Begin(IReadOnlyList<StreamEntry> newest) =>
        (_last, IsLost) = (newest.Count > 0 ? StreamId.Parse(newest[0].Id!) : Beginning, false);

    /// <summary>Takes what was read.</summary>
    /// <param name="entries">The entries, in order.</param>
    /// <param name="lost">Why entries may be lost before them; null when none is.</param>
    /// <returns>Those that are new.</returns>
    public IEnumerable<StreamEntry> Take(IReadOnlyList<StreamEntry> entries, out string? lost)
    {
        lost = null;
        if (_last.IsBeginning)
        {
            if (entries.Count > 0) _last = StreamId.Parse(entries[^1].Id!);
            return entries;
        }

        if (entries.Count == 0)
        {
            // Also when all ids are below the last one: a replica became master before it had the last entries, or the new server's clock is behind.
            lost = "the stream, or its end, was lost";
            (_last, IsLost) = (Beginning, true);
            return [];
        }

        var isThere = StreamId.Parse(entries[0].Id!) == _last;
        if (!isThere) lost = "the stream no longer holds the entry that was read last";
        _last = StreamId.Parse(entries[^1].Id!);
        return isThere ? entries.Skip(1) : entries;
    }
}

/// <summary>The id of an entry of a stream.</summary>
internal readonly record struct StreamId(ulong Time, ulong Sequence)
{
    public bool IsBeginning => this is { Time: 0, Sequence: 0 };

    public static StreamId Parse(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return new StreamId(ulong.Parse(text.AsSpan(0, dash), provider: null), ulong.Parse(text.AsSpan(dash + 1), provider: null));
    }

    /// <summary>The largest id below this one.</summary>
    public StreamId Previous() => Sequence > 0 ? this with { Sequence = Sequence - 1 } : new StreamId(Time - 1, ulong.MaxValue);

    public override string ToString() => $"{Time}-{Sequence}";
}
