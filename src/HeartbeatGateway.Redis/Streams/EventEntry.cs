using System.Globalization;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>Reads a presence event from an entry of the stream.</summary>
internal static class EventEntry
{
    /// <returns>Null when the entry is no presence event.</returns>
    public static ClusterEvent? Read(int partition, StreamEntry entry)
    {
        // Other programs may write here, also an entry that has a field twice.
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in entry.Values) fields[(string)field.Name!] = (string)field.Value!;
        if (!fields.TryGetValue("change", out var change) || !fields.TryGetValue("id", out var client)) return null;
        if (!TryNumber(fields, "g", out var generation) || !TryNumber(fields, "at", out var at) || at > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() || at < 0) return null;
        return new ClusterEvent(
            string.Create(CultureInfo.InvariantCulture, $"{partition}:{entry.Id}"), change, client, generation, fields.GetValueOrDefault("e", ""), fields.GetValueOrDefault("n", ""),
            fields.GetValueOrDefault("c", ""), DateTimeOffset.FromUnixTimeMilliseconds(at))
        {
            Session = Optional("s"),
            Reason = Optional("reason"),
            Cause = Optional("cause"),
        };

        string? Optional(string name) => fields.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
    }

    private static bool TryNumber(Dictionary<string, string> fields, string name, out long value)
    {
        value = 0;
        return fields.TryGetValue(name, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
