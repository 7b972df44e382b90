using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Connection;

/// <summary>A message for clients of several nodes.</summary>
/// <param name="Push">The message.</param>
/// <param name="Type">The frame's type.</param>
/// <param name="Ttl">How long it is kept and held; null: for the time of the settings, and it is not held.</param>
internal sealed record ClusterMessage(Push Push, string Type, TimeSpan? Ttl);

/// <summary>One client that a message is on its way to.</summary>
internal sealed class ClusterTarget(string clientId, MessageName name)
{
    public string ClientId => clientId;

    public MessageName Name => name;

    /// <summary>What has become of the message; null while that is not decided.</summary>
    public MessageDelivery? Delivery { get; private set; }

    /// <summary>The epoch of the node that could not be reached; null for none.</summary>
    public string? Unreachable { get; set; }

    public void Become(MessageDelivery? delivery) => Delivery = delivery;

    public void Settle(DeliveryResult result) => Delivery = name.Settled(clientId, result);
}
