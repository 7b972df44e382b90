using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Api.Deliveries;

/// <summary>The end of one numbered message.</summary>
/// <param name="Number">The number of the event: 1, 2, 3, …</param>
/// <param name="Time">The time, by the gateway's clock.</param>
/// <param name="MessageId">The message, as the answer to its request names it.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Result">delivered, expired or dropped; in a cluster also unknown: the node that had it has told no result.</param>
internal sealed record DeliveryMessage(long Number, DateTimeOffset Time, string MessageId, string ClientId, string Result)
{
    public static DeliveryMessage Of(DeliveryEvent e) => new(e.Sequence, ApiTime.Of(e.Time), e.MessageId, e.ClientId, NameOf(e.Result));

    /// <summary>The name of a result.</summary>
    public static string NameOf(DeliveryResult result) => result switch
    {
        DeliveryResult.Queued => "queued",
        DeliveryResult.Held => "held",
        DeliveryResult.Delivered => "delivered",
        DeliveryResult.Expired => "expired",
        DeliveryResult.Dropped => "dropped",
        DeliveryResult.Slow => "slow",
        DeliveryResult.Gone => "gone",
        DeliveryResult.NodeUnreachable => "node_unreachable",
        DeliveryResult.NodeUnknown => "unknown",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "This result has no name."),
    };
}
