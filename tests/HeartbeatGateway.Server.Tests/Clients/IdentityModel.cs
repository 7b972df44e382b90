using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>One identity as the protocol tells it, in the fewest words: what the real books are compared with.</summary>
internal sealed class IdentityModel
{
    /// <summary>Whom a lookup finds.</summary>
    public Visitor? Current { get; private set; }

    /// <summary>The changes of presence, and who was concerned.</summary>
    public List<(PresenceChange Change, string Who)> Events { get; } = [];

    /// <summary>A connection says hello.</summary>
    /// <returns>Whether it is a ghost, whom it replaces, and whether that one may come back.</returns>
    public (bool IsGhost, Visitor? Replaced, bool MayRetry) Hello(Visitor newcomer)
    {
        var old = Current;
        var sameInstance = old?.Instance is not null && old.Instance == newcomer.Instance;
        if (sameInstance && old!.Attempt is { } there && newcomer.Attempt is { } here && here < there) return (true, null, false);
        var change = old is not null ? PresenceChange.Replaced : Events.Count > 0 ? PresenceChange.Reconnected : PresenceChange.Connected;
        Events.Add((change, newcomer.Name));
        Current = newcomer;
        return (false, old, sameInstance);
    }

    /// <summary>It is noticed that a connection has ended, for the first time or again.</summary>
    public void Gone(Visitor visitor)
    {
        if (Current != visitor) return;
        Current = null;
        Events.Add((PresenceChange.Disconnected, visitor.Name));
    }

    /// <summary>A connection of the identity.</summary>
    public sealed record Visitor(string Name, string? Instance, long? Attempt);
}
