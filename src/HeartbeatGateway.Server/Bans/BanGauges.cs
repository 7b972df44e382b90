using System.Diagnostics.Metrics;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Bans;

/// <summary>The number of bans in force, by kind.</summary>
internal static class BanGauges
{
    /// <summary>Creates it on the engine's meter.</summary>
    public static void Create(EngineContext context, BanList bans) => context.Metrics.Meter?.CreateObservableGauge(
        GatewayMetrics.Prefix + "bans",
        () => Enum.GetValues<BanKind>().Select(kind => new Measurement<long>(bans.CountOf(kind), new KeyValuePair<string, object?>("kind", kind.ToName()))),
        null,
        "Bans in force, by kind.");
}
