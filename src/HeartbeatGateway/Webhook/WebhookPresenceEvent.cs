using CloudNative.CloudEvents;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Webhook;

/// <summary>A presence event on its way.</summary>
internal sealed class WebhookPresenceEvent(WebhookPresence owner, PresenceEvent presence, long takenAt) : WebhookEvent(takenAt)
{
    public override CloudEvent ToCloudEvent() => WebhookFormat.OfPresence(presence, owner.Run);

    protected override void Started()
    {
        // Presence events have no books: the metric counts how they end.
    }

    protected override void Retried()
    {
        // As above.
    }

    protected override void Delivered() => owner.Delivered();

    protected override void Rejected() => owner.Rejected();

    protected override void Dropped(SinkDropCause cause) => owner.Lost(presence.Sequence);
}

/// <summary>The event that tells of lost presence events.</summary>
internal sealed class WebhookGapEvent(WebhookPresence owner, PresenceGap gap, long takenAt, DateTimeOffset time) : WebhookEvent(takenAt)
{
    public override CloudEvent ToCloudEvent() => WebhookFormat.OfGap(gap, owner.Run, time);

    protected override void Started()
    {
        // The lost events are counted when they are lost.
    }

    protected override void Retried()
    {
        // As above.
    }

    protected override void Delivered() => owner.GapSettled(null);

    protected override void Rejected() => owner.GapSettled(null);

    protected override void Dropped(SinkDropCause cause) => owner.GapSettled(gap);
}
