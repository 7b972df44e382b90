using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>What is kept for clients until they acknowledge it.</summary>
internal static class OutboxGauges
{
    /// <summary>Creates them on the engine's meter.</summary>
    public static void Create(EngineContext context, Outboxes outboxes)
    {
        if (context.Metrics.Meter is not { } meter) return;
        meter.CreateObservableGauge(
            GatewayMetrics.Prefix + "pushes.unacknowledged", () => outboxes.Messages, null, "Numbered messages for clients that are kept until they are acknowledged, those for clients that are away included.");
        meter.CreateObservableGauge(
            GatewayMetrics.Prefix + "pushes.held", () => outboxes.Bytes, "By", "What these messages count in Gateway:Messages:MaxHeldTotalBytes.");
    }
}
