namespace HeartbeatGateway.Client.Connection;

/// <summary>The first cause of a connection's end; later causes are ignored.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="At">The timestamp of the end.</param>
/// <param name="Slot">The delay until the reconnect slot that the gateway assigned; null when it assigned none.</param>
/// <param name="ClockCorrected">The clock offset was wrong and is corrected now.</param>
internal sealed record ConnectionEnd(DisconnectInfo End, long At, TimeSpan? Slot, bool ClockCorrected)
{
    /// <summary>The same end, with the number of messages that may be lost, and of those that are not acknowledged, in its message.</summary>
    public ConnectionEnd WithUnconfirmed(long unconfirmed, long unacknowledged)
    {
        if (unacknowledged > 0) return (this with { End = End.WithUnacknowledged(unacknowledged) }).WithUnconfirmed(unconfirmed, 0);
        if (unconfirmed == 0) return this;
        var message = $"{End.Message} Messages that may be lost, because they were written and not confirmed by an answered ping: {unconfirmed}.";
        return this with { End = End with { UnconfirmedMessages = unconfirmed, Message = message } };
    }
}
