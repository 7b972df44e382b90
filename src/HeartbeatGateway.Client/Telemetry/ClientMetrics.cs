using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Client.Telemetry;

/// <summary>The meter <c>HeartbeatGateway.Client</c> and its instruments. All clients of a meter factory share one instance.</summary>
internal sealed class ClientMetrics
{
    public const string MeterName = "HeartbeatGateway.Client";

    private static readonly ConditionalWeakTable<IMeterFactory, ClientMetrics> ByFactory = [];
    private static readonly Lazy<ClientMetrics> OfProcess = new(() => new ClientMetrics(new Meter(MeterName)));

    private readonly Counter<long> _attempts;
    private readonly Counter<long> _disconnects;
    private readonly Counter<long> _reconnects;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _received;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _acknowledged;
    private readonly Counter<long> _resent;
    private readonly Counter<long> _duplicate;
    private readonly Histogram<double> _acknowledgement;
    private readonly Histogram<double> _roundTrip;
    private long _connected;
    private long _unacknowledged;

    private ClientMetrics(Meter meter)
    {
        meter.CreateObservableUpDownCounter(
            "heartbeatgateway.client.connected", () => Volatile.Read(ref _connected), "{client}", "Clients that are connected.");
        _attempts = meter.CreateCounter<long>(
            "heartbeatgateway.client.connection.attempts", "{attempt}", "Connection attempts, one per address, by outcome: connected, or the kind of end.");
        _disconnects = meter.CreateCounter<long>(
            "heartbeatgateway.client.disconnects", "{disconnect}", "Connections that ended after the gateway's first answer, by kind.");
        _reconnects = meter.CreateCounter<long>("heartbeatgateway.client.reconnects", "{reconnect}", "Reconnects of clients.");
        _sent = meter.CreateCounter<long>("heartbeatgateway.client.messages.sent", "{message}", "Application frames written to the network.");
        _received = meter.CreateCounter<long>("heartbeatgateway.client.messages.received", "{message}", "Messages received from the gateway.");
        _dropped = meter.CreateCounter<long>(
            "heartbeatgateway.client.messages.dropped", "{message}", "Dropped by a full queue, or left in it at the end, by queue: send, receive, events.");
        _acknowledged = meter.CreateCounter<long>("heartbeatgateway.client.messages.acknowledged", "{message}", "Messages that the gateway has acknowledged.");
        _resent = meter.CreateCounter<long>("heartbeatgateway.client.messages.resent", "{message}", "Unacknowledged messages that were sent again on a later connection.");
        _duplicate = meter.CreateCounter<long>("heartbeatgateway.client.messages.duplicate", "{message}", "Messages from the gateway that had arrived before.");
        meter.CreateObservableUpDownCounter(
            "heartbeatgateway.client.messages.unacknowledged", () => Volatile.Read(ref _unacknowledged), "{message}", "Messages that were sent and are not acknowledged.");
        _acknowledgement = meter.CreateHistogram<double>(
            "heartbeatgateway.client.message.acknowledgement",
            "s",
            "Time from the first write of a message to its acknowledgement.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });
        _roundTrip = meter.CreateHistogram<double>(
            "heartbeatgateway.client.heartbeat.rtt",
            "s",
            "Time from sending a ping to receiving its answer.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
    }

    /// <summary>Returns the metrics of the factory, or those of the process if the factory is null.</summary>
    public static ClientMetrics For(IMeterFactory? factory) =>
        factory is null ? OfProcess.Value : ByFactory.GetValue(factory, static f => new ClientMetrics(f.Create(new MeterOptions(MeterName))));

    public void Accepted(bool again)
    {
        Interlocked.Increment(ref _connected);
        _attempts.Add(1, new KeyValuePair<string, object?>("outcome", "connected"));
        if (again) _reconnects.Add(1);
    }

    public void AttemptFailed(DisconnectKind kind) => _attempts.Add(1, new KeyValuePair<string, object?>("outcome", kind.ToLabel()));

    public void Disconnected(DisconnectKind kind)
    {
        Interlocked.Decrement(ref _connected);
        _disconnects.Add(1, new KeyValuePair<string, object?>("kind", kind.ToLabel()));
    }

    public void HeartbeatAnswered(TimeSpan roundTrip) => _roundTrip.Record(roundTrip.TotalSeconds);

    public void MessagesSent(int count) => _sent.Add(count);

    public void MessageReceived() => _received.Add(1);

    public void MessageAcknowledged(TimeSpan sinceSent)
    {
        _acknowledged.Add(1);
        _acknowledgement.Record(sinceSent.TotalSeconds);
    }

    public void MessageResent() => _resent.Add(1);

    public void DuplicateReceived() => _duplicate.Add(1);

    public void UnacknowledgedChanged(int change) => Interlocked.Add(ref _unacknowledged, change);

    public void Dropped(MessageDropReason reason, long count) => Dropped(
        reason is MessageDropReason.ReceiveQueueFull or MessageDropReason.ReceivedAfterStop ? "receive" : "send", count);

    public void Dropped(string queue, long count) => _dropped.Add(count, new KeyValuePair<string, object?>("queue", queue));
}
