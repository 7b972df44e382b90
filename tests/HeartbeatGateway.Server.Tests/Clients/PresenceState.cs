using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>What a follower makes of a snapshot and the events behind it. Fails when they do not fit together.</summary>
internal sealed class PresenceState
{
    private readonly Dictionary<string, ClientInfo> _here;
    private readonly Dictionary<string, long> _generations = new(StringComparer.Ordinal);

    public PresenceState(PresenceSnapshot snapshot)
    {
        Sequence = snapshot.Sequence;
        _here = snapshot.Clients.ToDictionary(c => c.ClientId, StringComparer.Ordinal);
        foreach (var client in snapshot.Clients) _generations[client.ClientId] = client.Generation;
    }

    public long Sequence { get; private set; }

    public void Apply(PresenceEvent presence)
    {
        Assert.Equal(Sequence + 1, presence.Sequence);
        Sequence = presence.Sequence;
        var client = presence.Client;
        var isHere = _here.TryGetValue(client.ClientId, out var current);
        Assert.Equal(presence.Change is PresenceChange.Replaced or PresenceChange.Disconnected, isHere);
        if (presence.Change == PresenceChange.Disconnected)
        {
            Assert.Equal(current, client);
            Assert.NotEqual(Protocol.CloseReason.None, presence.Reason);
            _here.Remove(client.ClientId);
            return;
        }

        Assert.Equal(Protocol.CloseReason.None, presence.Reason);
        if (_generations.TryGetValue(client.ClientId, out var before)) Assert.True(client.Generation > before, $"{client.ClientId}: generation {client.Generation} came after {before}.");
        _generations[client.ClientId] = client.Generation;
        _here[client.ClientId] = client;
    }

    public void AssertEquals(PresenceSnapshot snapshot)
    {
        Assert.Equal(snapshot.Sequence, Sequence);
        Assert.Equal(snapshot.Clients.OrderBy(c => c.ClientId, StringComparer.Ordinal), _here.Values.OrderBy(c => c.ClientId, StringComparer.Ordinal));
    }
}
