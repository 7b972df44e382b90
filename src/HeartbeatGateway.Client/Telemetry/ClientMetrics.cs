using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace HeartbeatGateway.Client.Telemetry;

/// <summary>What clients count, behind verbs. All clients of a meter factory, or of a process without one, share the instruments.</summary>
internal sealed class ClientMetrics
{
    public const string MeterName = "HeartbeatGateway.Client";
    private const string Prefix = "heartbeatgateway.client.";
    private static readonly ConditionalWeakTable<IMeterFactory, ClientMetrics> OfFactories = [];
    private static readonly Lazy<ClientMetrics> OfProcess = new(() => new ClientMetrics(new Meter(MeterName)));

    private readonly UpDownCounter<long> _connected;
    private readonly Counter<long> _attempts, _disconnects, _reconnects, _sent, _received, _dropped;
    private readonly Histogram<double> _rtt;

    private ClientMetrics(Meter meter)
    {
        _connected = meter.CreateUpDownCounter<long>(Prefix + "connected", description: "Clients that are connected.");
        _attempts = meter.CreateCounter<long>(Prefix + "attempts", description: "Addresses tried, by outcome.");
        _disconnects = meter.CreateCounter<long>(Prefix + "disconnects", description: "Connections that ended after they were accepted, by kind.");
        _reconnects = meter.CreateCounter<long>(Prefix + "reconnects", description: "Connections accepted, other than the first of each client.");
        _sent = meter.CreateCounter<long>(Prefix + "messages.sent", description: "Messages given to the network.");
        _received = meter.CreateCounter<long>(Prefix + "messages.received", description: "Messages received.");
        _dropped = meter.CreateCounter<long>(Prefix + "messages.dropped", description: "Messages that made room for newer ones, by queue.");
        _rtt = meter.CreateHistogram(
            Prefix + "heartbeat.rtt", "s", "Time from a ping to its answer.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
    }

    /// <param name="factory">Null for the process's own.</param>
    public static ClientMetrics For(IMeterFactory? factory) =>
        factory is null ? OfProcess.Value : OfFactories.GetValue(factory, static f => new ClientMetrics(f.Create(MeterName)));

    public void Attempted(bool accepted) => _attempts.Add(1, new KeyValuePair<string, object?>("outcome", accepted ? "accepted" : "failed"));

    public void Connected(bool again)
    {
        _connected.Add(1);
        if (again) _reconnects.Add(1);
    }

    public void Disconnected(GatewayClientEndKind kind)
    {
        _connected.Add(-1);
        _disconnects.Add(1, new KeyValuePair<string, object?>("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString())));
    }

    public void HeartbeatAnswered(TimeSpan rtt) => _rtt.Record(rtt.TotalSeconds);

    public void Sent(int messages) => _sent.Add(messages);

    public void Received() => _received.Add(1);

    public void Dropped(string queue, int messages) => _dropped.Add(messages, new KeyValuePair<string, object?>("queue", queue));
}
