namespace HeartbeatGateway.Api.Snapshots;

/// <summary>The engine's counters at one moment, summed over their labels.</summary>
internal sealed class CounterReading
{
    private readonly Dictionary<string, double> _totals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _timeoutCauses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _rejections = new(StringComparer.Ordinal);

    /// <summary>Timeouts by the label <c>cause</c> or, where it is missing or empty, by <c>kind</c>. Only those above 0.</summary>
    public IReadOnlyDictionary<string, long> TimeoutCauses => _timeoutCauses;

    /// <summary>Rejected connections by reason. Only those above 0.</summary>
    public IReadOnlyDictionary<string, long> Rejections => _rejections;

    public long Count(string name) => (long)Total(name);

    public double Total(string name) => _totals.GetValueOrDefault(name);

    public void Add(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _totals[name] = _totals.GetValueOrDefault(name) + value;
        if (value <= 0) return;
        if (name == "timeouts") AddTo(_timeoutCauses, Label(tags, "cause") ?? Label(tags, "kind"), value);
        if (name == "connections.rejected") AddTo(_rejections, Label(tags, "reason"), value);
    }

    private static void AddTo(Dictionary<string, long> counts, string? label, double value)
    {
        if (label is not null) counts[label] = counts.GetValueOrDefault(label) + (long)value;
    }

    private static string? Label(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name) return tag.Value is string { Length: > 0 } text ? text : null;
        }

        return null;
    }
}
