using System.Diagnostics.Metrics;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Messages;

/// <summary>The counts of the sinks in use, read when they are collected. All series exist from the start.</summary>
internal static class SinkMetrics
{
    private static readonly (string Name, Func<SinkCounts, long> Read)[] Outcomes = [("taken", c => c.Taken), ("delivered", c => c.Delivered), ("rejected", c => c.Rejected)];
    private static readonly SinkDropCause[] Causes = Enum.GetValues<SinkDropCause>();

    /// <summary>Creates them on the engine's meter.</summary>
    public static void Create(EngineContext context, MessageSinks sinks)
    {
        if (context.Metrics.Meter is not { } meter) return;
        meter.CreateObservableCounter(
            GatewayMetrics.Prefix + "sink_messages",
            () => sinks.All.SelectMany(s => ReadOutcomes(s)),
            null,
            "Application messages in each sink, by outcome.");
        meter.CreateObservableCounter(
            GatewayMetrics.Prefix + "sink_messages_dropped",
            () => sinks.All.SelectMany(s => ReadDrops(s)),
            null,
            "Application messages that a sink gave up, by cause.");
        Gauge("sink_messages_waiting", null, "Application messages that wait in a sink.", s => s.Read().Waiting);
        Gauge("sink_messages_in_flight", null, "Application messages that a sink is delivering.", s => s.Read().InFlight);
        Gauge("sink_oldest_waiting", "s", "Age of the oldest application message that waits in a sink; 0 when none waits.", s => AgeOf(s.OldestWaiting));
        Gauge("sink_stopped", null, "1 while a sink takes no message and delivers none, because its receiver is gone.", s => s.IsStopped ? 1 : 0);

        void Gauge(string name, string? unit, string description, Func<SinkInUse, double> read) => meter.CreateObservableGauge(
            GatewayMetrics.Prefix + name, () => sinks.All.Select(s => new Measurement<double>(read(s), Label(s))), unit, description);

        double AgeOf(DateTimeOffset? oldest) => oldest is { } since ? Math.Max(0, (context.TimeProvider.GetUtcNow() - since).TotalSeconds) : 0;
    }

    private static IEnumerable<Measurement<long>> ReadOutcomes(SinkInUse sink)
    {
        var counts = sink.Read();
        return Outcomes.Select(o => new Measurement<long>(o.Read(counts), Label(sink), new("outcome", o.Name)));
    }

    private static IEnumerable<Measurement<long>> ReadDrops(SinkInUse sink)
    {
        var counts = sink.Read();
        return Causes.Select(c => new Measurement<long>(counts.DroppedByCause[(int)c], Label(sink), new("cause", NameOf(c))));
    }

    private static KeyValuePair<string, object?> Label(SinkInUse sink) => new("sink", sink.Name);

    private static string NameOf(SinkDropCause cause) => cause switch
    {
        SinkDropCause.Expired => "expired",
        SinkDropCause.Failed => "failed",
        SinkDropCause.Stopped => "stopped",
        SinkDropCause.Full => "full",
        SinkDropCause.Abandoned => "abandoned",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "No label."),
    };
}
