using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>The state that a follower builds from a snapshot and the events after it. Fails when the two are inconsistent.</summary>
internal sealed class PresenceState
{
    private readonly Dictionary<string, ClientInfo> _online;
    private readonly Dictionary<string, long> _generations = new(StringComparer.Ordinal);

    public PresenceState(PresenceSnapshot snapshot)
    {
        Sequence = snapshot.Sequence;
        _online = snapshot.Clients.ToDictionary(c => c.ClientId, StringComparer.Ordinal);
        foreach (var client in snapshot.Clients) _generations[client.ClientId] = client.Generation;
    }

    public long Sequence { get; private set; }

    public void Apply(PresenceEvent presence)
    {
        Assert.Equal(Sequence + 1, presence.Sequence);
        Sequence = presence.Sequence;
        var client = presence.Client;
        var isOnline = _online.TryGetValue(client.ClientId, out var current);
        Assert.Equal(presence.Change is PresenceChange.Replaced or PresenceChange.Disconnected, isOnline);
        if (presence.Change == PresenceChange.Disconnected)
        {
            Assert.Equal(current, client);
            Assert.NotEqual(Protocol.CloseReason.None, presence.Reason);
            _online.Remove(client.ClientId);
            return;
        }

        Assert.Equal(Protocol.CloseReason.None, presence.Reason);
        if (_generations.TryGetValue(client.ClientId, out var before)) Assert.True(client.Generation > before, $"{client.ClientId}: generation {client.Generation} is not above {before}.");
        _generations[client.ClientId] = client.Generation;
        _online[client.ClientId] = client;
    }

    public void AssertEquals(PresenceSnapshot snapshot)
    {
        Assert.Equal(snapshot.Sequence, Sequence);
        Assert.Equal(snapshot.Clients.OrderBy(c => c.ClientId, StringComparer.Ordinal), _online.Values.OrderBy(c => c.ClientId, StringComparer.Ordinal));
    }
}
