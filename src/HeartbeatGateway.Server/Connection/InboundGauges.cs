using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Connection;

/// <summary>Gauges of numbered messages.</summary>
internal static class InboundGauges
{
    /// <summary>Creates them on the engine's meter.</summary>
    public static void Create(EngineContext context, DeliveryTable deliveries) => context.Metrics.Meter?.CreateObservableGauge(
        GatewayMetrics.Prefix + "messages_unacknowledged", () => deliveries.Unsettled, null, "Numbered messages that the sink has and has not settled.");
}
