using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>A minimal model of one identity, as the protocol defines it. Tests compare the client directory with it.</summary>
internal sealed class IdentityModel
{
    /// <summary>The connection that a lookup finds.</summary>
    public Peer? Current { get; private set; }

    /// <summary>The presence changes, each with the connection that it is about.</summary>
    public List<(PresenceChange Change, string Name)> Events { get; } = [];

    /// <summary>A connection sends its hello.</summary>
    /// <returns>Whether it is a ghost, which connection it replaces, and whether that one may reconnect.</returns>
    public (bool IsGhost, Peer? Replaced, bool MayRetry) Hello(Peer newcomer)
    {
        var old = Current;
        var sameInstance = old?.Instance is not null && old.Instance == newcomer.Instance;
        if (sameInstance && old!.Attempt is { } oldAttempt && newcomer.Attempt is { } newAttempt && newAttempt < oldAttempt) return (true, null, false);
        var change = old is not null ? PresenceChange.Replaced : Events.Count > 0 ? PresenceChange.Reconnected : PresenceChange.Connected;
        Events.Add((change, newcomer.Name));
        Current = newcomer;
        return (false, old, sameInstance);
    }

    /// <summary>The end of a connection is noticed, for the first time or again.</summary>
    public void Ended(Peer peer)
    {
        if (Current != peer) return;
        Current = null;
        Events.Add((PresenceChange.Disconnected, peer.Name));
    }

    /// <summary>A connection of the identity.</summary>
    public sealed record Peer(string Name, string? Instance, long? Attempt);
}
