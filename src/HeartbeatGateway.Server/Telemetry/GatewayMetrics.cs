using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// All counters and histograms of the engine, behind verbs. Counting is an addition in <see cref="CounterTable"/>; instruments read it when they
/// are collected. Labels are closed sets: nothing that a peer sends becomes one.
/// </summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "HeartbeatGateway";
    public const string Prefix = "heartbeatgateway.";
    private static readonly CloseReason[] Endings = [.. CloseReasons.All.Where(r => r.CanEndAdmitted())];
    private static readonly CloseReason[] Rejections = [.. CloseReasons.All.Where(r => r.IsRejection() || r == CloseReason.Draining)];
    private static readonly (CloseReason Reason, TimeoutCause Cause)[] Timeouts = [.. CloseReasons.All.SelectMany(r => TimeoutCauses.Of(r), (r, c) => (r, c))];

    private static readonly string[] Directions = ["in", "out"];

    private readonly List<CounterFamily> _families = [];
    private readonly ConcurrentDictionary<string, CounterTable> _keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CounterTable> _shadowLimits = new(StringComparer.Ordinal);
    private readonly CounterTable _counters;
    private readonly int _opened, _closed, _rejected, _timeouts, _reconnects, _heartbeats, _framesIn, _framesOut, _bytesIn, _bytesOut;
    private readonly int _tokenFailures, _messages, _dropped, _limitsObserved, _probes, _stalls, _stallMicroseconds;
    private readonly int _linesSuppressed, _hellosMalformed, _falseTimeouts, _automaticBans, _openedByTransport;
    private readonly int _messagesRepeated, _messagesMissing, _pushes;
    private readonly Histogram<double>? _lifetime, _reconnectGap, _detectionDelay;

    /// <param name="meterFactory">Null for metrics that are not collected: the liveness probe's own connection is in no count.</param>
    public GatewayMetrics(IMeterFactory? meterFactory)
    {
        var next = 0;
        int Family(string name, string description, string? unit = null, double scale = 1, string? label = null, params IEnumerable<string> values) =>
            Series(name, description, unit, scale, label is null ? [[]] : [.. values.Select(v => new[] { new KeyValuePair<string, object?>(label, v) })]);
        int Series(string name, string description, string? unit, double scale, KeyValuePair<string, object?>[][] series)
        {
            var first = next;
            _families.Add(new CounterFamily(Prefix + name, unit, description, series, first, scale));
            next += series.Length;
            return first;
        }

        _opened = Family("connections.opened", "Connections admitted: after the limits, before TLS.");
        _closed = Family("connections.closed", "Connections that ended, by reason.", label: "reason", values: Endings.Select(r => r.ToWireName()));
        _rejected = Family("connections.rejected", "Connections rejected before they were admitted, by reason.", label: "reason", values: Rejections.Select(r => r.ToWireName()));
        _timeouts = Series("timeouts", "Connections closed by a timeout, by kind and cause.", null, 1,
            [.. Timeouts.Select(t => new KeyValuePair<string, object?>[] { new("kind", MetricLabels.TimeoutKindOf(t.Reason)), new("cause", t.Cause.ToWireName()) })]);
        _reconnects = Family("reconnects", "Clients that reconnected, by how they were recognised.", label: "identity", values: Enum.GetValues<ReconnectIdentity>().Select(MetricLabels.Of));
        _heartbeats = Family("heartbeats", "Pings answered.");
        string[] kinds = [.. FrameKinds.All.Select(k => k.ToLabel())];
        _framesIn = Series("frames", "Valid frames, by direction and type.", null, 1,
            [.. Directions.SelectMany(_ => kinds, (d, k) => new KeyValuePair<string, object?>[] { new("direction", d), new("type", k) })]);
        _framesOut = _framesIn + kinds.Length;
        _bytesIn = Family("network.io", "Bytes moved on client connections, by direction.", "By", 1, "direction", Directions);
        _bytesOut = _bytesIn + 1;
        _tokenFailures = Family("token_failures", "Frames whose token was refused, by cause.", label: "cause", values: Enum.GetValues<TokenFailure>().Select(MetricLabels.Of));
        _messages = Family("messages", "Application messages from clients, by outcome.", label: "outcome", values: Enum.GetValues<MessageOutcome>().Select(MetricLabels.Of));
        _dropped = Family("outbound_dropped", "Frames for clients that were not sent, by reason.", label: "reason", values: Enum.GetValues<DropReason>().Select(MetricLabels.Of));
        _limitsObserved = Family("limits_observed", "Connections that exceeded a report-only limit, by limit.", label: "limit", values: LimitNames.All.Select(l => l.Name));
        _probes = Family("probe_connections", "Connections that their peer closed without a byte, such as health checks of load balancers, by what came before.", label: "kind", values: Enum.GetValues<ProbeKind>().Select(MetricLabels.Of));
        _stalls = Family("stalls", "Pauses of this process of 1 s or more; they do not count as idle time.");
        _stallMicroseconds = Family("stall", "Total length of the pauses of this process of 1 s or more.", "s", 1e-6);
        _linesSuppressed = Family("log_lines_suppressed", "Log lines about peers that were not written, by kind, because their budget was used up.", label: "kind", values: Enum.GetValues<LineKind>().Select(MetricLabels.Of));
        _hellosMalformed = Family("hello_malformed", "Frames that resemble a hello and are none, so that they are application messages, by cause.", label: "cause", values: Enum.GetValues<HelloFlaw>().Select(MetricLabels.Of));
        _falseTimeouts = Family("false_timeouts", "Clients that reached an idle timeout and were back within 10 s.");
        _automaticBans = Family("automatic_bans", "Client ids and addresses that connected too often: banned, or in mode observe would have been.", label: "mode", values: [MetricLabels.Observe, MetricLabels.Enforce]);
        _openedByTransport = Family("connections.opened_by_transport", "Connections admitted, by transport.", label: "transport", values: Enum.GetValues<TransportKind>().Select(MetricLabels.Of));
        _messagesRepeated = Family("messages_duplicate", "Numbered messages from clients that had been received before; they are acknowledged and not handed to the sink again.");
        _messagesMissing = Family("messages_missing", "Numbers of messages that clients skipped.");
        _pushes = Family("pushes", "Numbered messages for clients that were accepted and have ended, by result.", label: "result", values: MetricLabels.PushResults.Select(MetricLabels.Of));
        _counters = new CounterTable(next);

        if (meterFactory is null) return;
        var meter = Meter = meterFactory.Create(MeterName);
        foreach (var family in _families) Create(meter, family);
        meter.CreateObservableCounter(Prefix + "tokens_verified", () => _keys.Select(k => new Measurement<long>(k.Value.Read(0), new KeyValuePair<string, object?>("key", k.Key))), null, "Frames whose token verified, by configured key.");
        meter.CreateObservableCounter(Prefix + "would_time_out", () => _shadowLimits.Select(l => new Measurement<long>(l.Value.Read(0), new KeyValuePair<string, object?>("limit", l.Key))), null, "Silences of clients that reached a candidate of the reader-idle limit, by candidate in seconds.");
        HeartbeatIntervals = new HistogramTable(Histogram(meter, "heartbeat_interval", "Time between two pings of a connection.", [0.5, 1, 2, 3, 4, 4.5, 5, 5.5, 6, 7, 8, 10, 15, 30, 60]));
        _lifetime = Histogram(meter, "connection_lifetime", "Lifetime of connections.", [1, 7, 10, 30, 60, 300, 900, 3600, 14_400, 86_400, 604_800]);
        _reconnectGap = Histogram(meter, "reconnect_gap", "Time from the last byte of an ended connection to the first valid frame of the one that followed.", [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300]);
        _detectionDelay = Histogram(meter, "idle_detection_delay", "Time from the idle timeout of a connection to its detection.", [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5]);
    }

    /// <summary>The meter of all instruments; null where they are not collected.</summary>
    public Meter? Meter { get; }

    /// <summary>Null where they are not collected.</summary>
    public HistogramTable? HeartbeatIntervals { get; }

    public void ConnectionOpened(TransportKind transport)
    {
        _counters.Add(_opened);
        _counters.Add(_openedByTransport + (int)transport);
    }

    public void ConnectionRejected(CloseReason reason) => _counters.Add(_rejected + Offset(Rejections, reason));

    public void ConnectionClosed(CloseReason reason, TimeSpan lifetime)
    {
        _counters.Add(_closed + Offset(Endings, reason));
        _lifetime?.Record(lifetime.TotalSeconds);
    }

    /// <summary>Counts a connection that its peer closed without a byte, in addition to its close reason.</summary>
    public void ProbeClosed(ProbeKind kind) => _counters.Add(_probes + (int)kind);

    /// <summary>Counts a close reason that is a timeout, and no other.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="cause">What it was caused by; null for a reason that is no timeout.</param>
    /// <param name="late">How late after its deadline it was detected.</param>
    public void ConnectionClosing(CloseReason reason, TimeoutCause? cause, TimeSpan late)
    {
        if (cause is not { } known) return;
        _counters.Add(_timeouts + Offset(Timeouts, (reason, known)));
        if (reason is CloseReason.ReaderIdle or CloseReason.AllIdle) _detectionDelay?.Record(late.TotalSeconds);
    }

    /// <summary>Counts a reconnect.</summary>
    /// <param name="identity">How the client was recognised.</param>
    /// <param name="gap">How long it was disconnected; null when that is unknown to this process.</param>
    public void Reconnected(ReconnectIdentity identity, TimeSpan? gap)
    {
        _counters.Add(_reconnects + (int)identity);
        if (gap is { } known) _reconnectGap?.Record(known.TotalSeconds);
    }

    /// <summary>Counts a client that was back soon after its idle timeout.</summary>
    public void FalseTimeout() => _counters.Add(_falseTimeouts);

    public void HeartbeatAnswered(int times = 1) => _counters.Add(_heartbeats, times);

    public void HeartbeatInterval(TimeSpan interval, int times = 1) => HeartbeatIntervals?.Record(interval, times);

    public void FrameReceived(FrameKind kind, int times = 1) => _counters.Add(_framesIn + (int)kind, times);

    public void FrameSent(FrameKind kind, int times = 1) => _counters.Add(_framesOut + (int)kind, times);

    public void BytesRead(long bytes) => _counters.Add(_bytesIn, bytes);

    public void BytesWritten(long bytes) => _counters.Add(_bytesOut, bytes);

    public void TokenRefused(TokenFailure failure) => _counters.Add(_tokenFailures + (int)failure);

    public void MessageHandled(MessageOutcome outcome) => _counters.Add(_messages + (int)outcome);

    /// <summary>Counts a numbered message that was received before.</summary>
    public void MessageRepeated() => _counters.Add(_messagesRepeated);

    /// <summary>Counts the numbers that a client skipped.</summary>
    public void MessagesMissing(long numbers) => _counters.Add(_messagesMissing, numbers);

    /// <param name="result">One of <see cref="MetricLabels.PushResults"/>.</param>
    public void PushSettled(DeliveryResult result) => _counters.Add(_pushes + Offset(MetricLabels.PushResults, result));

    public void FrameDropped(DropReason reason, int frames = 1) => _counters.Add(_dropped + (int)reason, frames);

    /// <param name="limit">One limit.</param>
    public void LimitObserved(LimitKind limit)
    {
        for (var i = 0; i < LimitNames.All.Length; i++)
        {
            if (LimitNames.All[i].Limit == limit) _counters.Add(_limitsObserved + i);
        }
    }

    public void LogLineSuppressed(LineKind kind) => _counters.Add(_linesSuppressed + (int)kind);

    /// <param name="isEnforced">False in observe mode.</param>
    public void AutomaticBan(bool isEnforced) => _counters.Add(_automaticBans + (isEnforced ? 1 : 0));

    public void HelloMalformed(HelloFlaw flaw) => _counters.Add(_hellosMalformed + (int)flaw);

    public void Stalled(TimeSpan length)
    {
        _counters.Add(_stalls);
        _counters.Add(_stallMicroseconds, (long)length.TotalMicroseconds);
    }

    /// <summary>The counter of one configured key; the same one each time, also after the key was removed and added again.</summary>
    public CounterTable VerifiedBy(string keyId) => _keys.GetOrAdd(keyId, static _ => new CounterTable(1));

    /// <summary>The counter of one candidate of the reader-idle limit; the same one each time.</summary>
    /// <param name="limit">The candidate in seconds.</param>
    public CounterTable WouldTimeOutAt(string limit) => _shadowLimits.GetOrAdd(limit, static _ => new CounterTable(1));

    private static int Offset<T>(T[] reasons, T reason) =>
        Array.IndexOf(reasons, reason) is var offset and >= 0
            ? offset
            : throw new ArgumentOutOfRangeException(nameof(reason), reason, "This reason is not counted here.");

    private static Histogram<double> Histogram(Meter meter, string name, string description, double[] buckets) =>
        meter.CreateHistogram(Prefix + name, "s", description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });

    private void Create(Meter meter, CounterFamily family)
    {
        if (family.Scale.Equals(1.0))
        {
            meter.CreateObservableCounter(family.Name, () => family.Series.Select((labels, i) => new Measurement<long>(_counters.Read(family.First + i), labels)), family.Unit, family.Description);
        }
        else
        {
            meter.CreateObservableCounter(family.Name, () => family.Series.Select((labels, i) => new Measurement<double>(_counters.Read(family.First + i) * family.Scale, labels)), family.Unit, family.Description);
        }
    }

    /// <summary>One counter metric with a closed set of label values, each of which exists at 0 from the start.</summary>
    /// <param name="Name">Instrument name, as OpenTelemetry exports it.</param>
    /// <param name="Unit">UCUM unit, null for plain counts.</param>
    /// <param name="Description">What it counts.</param>
    /// <param name="Series">The label sets, in the order of their offsets.</param>
    /// <param name="First">The first counter's index in the table.</param>
    /// <param name="Scale">The worth of a counted unit in <paramref name="Unit"/>.</param>
    private sealed record CounterFamily(string Name, string? Unit, string Description, KeyValuePair<string, object?>[][] Series, int First, double Scale);
}
