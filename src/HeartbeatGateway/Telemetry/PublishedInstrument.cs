namespace HeartbeatGateway.Telemetry;

/// <summary>Publishes the measurements of one instrument. The label names are those of its first measurement.</summary>
internal abstract class PublishedInstrument
{
    public abstract void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    protected static string[] NamesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var names = new string[tags.Length];
        for (var i = 0; i < names.Length; i++) names[i] = tags[i].Key;
        return names;
    }

    protected static string[] ValuesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new string[tags.Length];
        for (var i = 0; i < values.Length; i++) values[i] = tags[i].Value?.ToString() ?? "";
        return values;
    }
}
