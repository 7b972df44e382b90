using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>The state that a follower builds from a snapshot and the events after it. Fails when the two are inconsistent.</summary>
internal sealed class PresenceState
{
    private readonly Dictionary<string, ClientInfo> _online;
    private readonly Dictionary<string, long> _generations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConnectionId> _left = new(StringComparer.Ordinal);

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
        CheckPrevious(presence, current);
        if (presence.Change == PresenceChange.Disconnected)
        {
            _left[client.ClientId] = client.ConnectionId;
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

    /// <summary>A replaced connection was the current one. A reconnect names the connection that left last, unless that is not known.</summary>
    private void CheckPrevious(PresenceEvent presence, ClientInfo? current)
    {
        switch (presence.Change)
        {
            case PresenceChange.Replaced:
                Assert.Equal(current!.ConnectionId, presence.PreviousConnectionId);
                break;
            case PresenceChange.Reconnected:
                if (presence.PreviousConnectionId is { } previous && _left.TryGetValue(presence.Client.ClientId, out var left)) Assert.Equal(left, previous);
                break;
            default:
                Assert.Null(presence.PreviousConnectionId);
                break;
        }
    }

    public void AssertEquals(PresenceSnapshot snapshot)
    {
        Assert.Equal(snapshot.Sequence, Sequence);
        Assert.Equal(snapshot.Clients.OrderBy(c => c.ClientId, StringComparer.Ordinal), _online.Values.OrderBy(c => c.ClientId, StringComparer.Ordinal));
    }
}
