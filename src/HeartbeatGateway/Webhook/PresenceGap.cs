namespace HeartbeatGateway.Webhook;

/// <summary>Lost presence events lie between these numbers, both included. Events between them may have been delivered.</summary>
/// <param name="From">The number of the first lost event.</param>
/// <param name="To">The number of the last lost event.</param>
internal sealed record PresenceGap(long From, long To)
{
    /// <summary>One gap that encloses both.</summary>
    public static PresenceGap Join(PresenceGap? one, PresenceGap other) =>
        one is null ? other : new PresenceGap(Math.Min(one.From, other.From), Math.Max(one.To, other.To));
}
