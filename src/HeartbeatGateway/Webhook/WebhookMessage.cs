using CloudNative.CloudEvents;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Webhook;

/// <summary>A message on its way. Keeps the books, the room and the receipt in step.</summary>
/// <param name="owner">The sink.</param>
/// <param name="message">The message.</param>
/// <param name="id">The id of its event.</param>
/// <param name="takenAt">When it entered, by the monotonic clock.</param>
/// <param name="time">When it entered, by the wall clock.</param>
internal sealed class WebhookMessage(IWebhookMessageOwner owner, GatewayMessage message, string id, long takenAt, DateTimeOffset time) : WebhookEvent(takenAt)
{
    private readonly MessageReceipt _receipt = message.Defer();

    public override DateTimeOffset? MessageTakenAt => time;

    public override CloudEvent ToCloudEvent() => WebhookFormat.OfMessage(message, id);

    protected override void Started() => owner.Books.Start();

    protected override void Retried() => owner.Books.Retry();

    protected override void Delivered()
    {
        owner.Books.Deliver();
        Leave(MessageVerdict.Accepted);
    }

    protected override void Rejected()
    {
        owner.Books.Reject();
        Leave(MessageVerdict.Rejected);
    }

    protected override void Dropped(SinkDropCause cause)
    {
        owner.Books.Drop(cause);
        Leave(MessageVerdict.Dropped);
    }

    private void Leave(MessageVerdict verdict)
    {
        owner.Left(message);
        _receipt.Settle(verdict);
    }
}

/// <summary>What a message needs of its sink.</summary>
internal interface IWebhookMessageOwner
{
    SinkBooks Books { get; }

    /// <summary>The message takes no room any more.</summary>
    void Left(GatewayMessage message);
}
