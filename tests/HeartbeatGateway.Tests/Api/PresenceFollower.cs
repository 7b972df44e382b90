using System.Text.Json;

namespace HeartbeatGateway.Tests.Api;

/// <summary>
/// What a program makes of a snapshot and the events after it: who is online, on which connection. Fails at the first event that cannot follow the one
/// before.
/// </summary>
internal sealed class PresenceFollower
{
    private readonly Dictionary<string, (string ConnectionId, long Generation)> _online;
    private readonly Dictionary<string, long> _generations = new(StringComparer.Ordinal);

    /// <param name="snapshot">The answer of <c>GET presence</c>; null for an empty gateway.</param>
    public PresenceFollower(JsonElement? snapshot)
    {
        Sequence = snapshot?.GetProperty("watermark").GetInt64() ?? 0;
        _online = snapshot is { } json ? Online(json) : new(StringComparer.Ordinal);
        foreach (var (id, current) in _online) _generations[id] = current.Generation;
    }

    public long Sequence { get; private set; }

    public async Task FollowAsync(EventReader reader, long upTo)
    {
        while (Sequence < upTo) Apply(await reader.NextAsync());
    }

    public void AssertEquals(JsonElement snapshot)
    {
        Assert.Equal(snapshot.GetProperty("watermark").GetInt64(), Sequence);
        Assert.Equal(Online(snapshot).OrderBy(c => c.Key, StringComparer.Ordinal), _online.OrderBy(c => c.Key, StringComparer.Ordinal));
    }

    private void Apply(EventReader.Event e)
    {
        Assert.Equal(Sequence + 1, e.Data.GetProperty("sequence").GetInt64());
        Sequence++;
        var id = e.Data.GetProperty("clientId").GetString()!;
        var connection = (e.Data.GetProperty("connectionId").GetString()!, e.Data.GetProperty("generation").GetInt64());
        var isOnline = _online.TryGetValue(id, out var current);
        Assert.Equal(e.Name is "replaced" or "disconnected", isOnline);
        if (e.Name == "disconnected")
        {
            Assert.Equal(current, connection);
            Assert.NotNull(e.Data.GetProperty("reason").GetString());
            _online.Remove(id);
            return;
        }

        if (e.Name == "replaced") Assert.Equal(current.ConnectionId, e.Data.GetProperty("previousConnectionId").GetString());
        Assert.True(!_generations.TryGetValue(id, out var before) || connection.Item2 > before, $"{id}: generation {connection.Item2} follows {before}.");
        (_online[id], _generations[id]) = (connection, connection.Item2);
    }

    private static Dictionary<string, (string ConnectionId, long Generation)> Online(JsonElement snapshot) =>
        snapshot.GetProperty("clients").EnumerateArray().ToDictionary(
            c => c.GetProperty("clientId").GetString()!, c => (c.GetProperty("connectionId").GetString()!, c.GetProperty("generation").GetInt64()), StringComparer.Ordinal);
}
