using System.Diagnostics.Metrics;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Connection;

/// <summary>Gauges, read from the connection table and the settings when they are collected. They are never kept by adding and subtracting.</summary>
internal static class ConnectionGauges
{
    /// <summary>Creates them on the engine's meter.</summary>
    public static void Create(EngineContext context, ConnectionTable table)
    {
        if (context.Metrics.Meter is not { } meter) return;
        Gauge("connected_clients", null, "Open connections that brought a valid frame.", () => table.Counts.Connected);
        meter.CreateObservableGauge(
            GatewayMetrics.Prefix + "connected_clients_by_transport",
            () => Enum.GetValues<TransportKind>().Select(kind => new Measurement<long>(table.ConnectedBy(kind), new KeyValuePair<string, object?>("transport", MetricLabels.Of(kind)))),
            null,
            "Open connections that brought a valid frame, by transport.");
        Gauge("handshaking_connections", null, "Open connections that have not brought a valid frame yet.", () => table.Counts is var (open, connected) ? open - connected : 0);
        Gauge("outbound.pending", "By", "Bytes that wait to be taken by clients.", () => table.All().Sum(c => (long)c.Outbound.PendingBytes));
        Gauge("connections_limit", null, "Open connections above which new ones are rejected; 0 without a limit.", () => context.Settings.ConnectionsLimit);
        Gauge("heap_limit", "By", "Size of the managed heap above which new connections are rejected; 0 without a limit.", () => context.Settings.EnforcedMemory.Heap);
        Gauge("resident_limit", "By", "Resident memory of the process above which new connections are rejected; 0 without a limit.", () => context.Settings.EnforcedMemory.Resident);
        Gauge("draining", null, "1 while the gateway closes its connections and refuses new ones: to stop, or for an operator.", () => context.Stopping.IsSet || context.Stopping.IsDraining ? 1 : 0);

        void Gauge(string name, string? unit, string description, Func<long> read) => meter.CreateObservableGauge(GatewayMetrics.Prefix + name, read, unit, description);
    }
}
