namespace HeartbeatGateway.Server.Delivery;

/// <summary>Results of messages, as nodes name them to each other.</summary>
internal static class NodeResults
{
    private static readonly (DeliveryResult Result, string Name)[] Names =
    [
        (DeliveryResult.Queued, "queued"), (DeliveryResult.Held, "held"), (DeliveryResult.Delivered, "delivered"), (DeliveryResult.Expired, "expired"),
        (DeliveryResult.Dropped, "dropped"), (DeliveryResult.Slow, "slow"), (DeliveryResult.Gone, "gone"),
    ];

    public static string NameOf(DeliveryResult result) => Names.First(n => n.Result == result).Name;

    /// <summary>The result with a name; null when there is none.</summary>
    public static DeliveryResult? Of(string? name) => Names.Where(n => n.Name == name).Select(n => (DeliveryResult?)n.Result).FirstOrDefault();
}
