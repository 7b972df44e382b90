using System.Diagnostics.Metrics;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Admission;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Draining;
using HeartbeatGateway.Server.Frames;
using HeartbeatGateway.Server.Hosting;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server;

/// <summary>
/// The gateway without its transports. It composes the engine's parts, and passes calls from outside on to them. Connections of any transport enter
/// through <see cref="Handler"/>.
/// </summary>
public sealed class GatewayEngine : IHeartbeatGateway, IGatewayControl, IDisposable
{
    private readonly Lock _reconfiguring = new();
    private readonly EngineContext _context;
    private readonly ProcessPauses _pauses = new();
    private readonly TimerWheel _wheel;
    private readonly ConnectionTable _table = new();
    private readonly DisconnectHistory _history = new();
    private readonly DeliveryTable _deliveries;
    private readonly ClientRegistry _clients;
    private readonly NodeClients _nodeClients;
    private readonly Outboxes _outboxes;
    private readonly ClientPushes _pushes;
    private readonly ClusterPushes _clusterPushes;
    private readonly HelloHandler _hellos;
    private readonly MessageSinks _sinks;
    private readonly Housekeeping _housekeeping;
    private readonly ConnectionDrain _drain;
    private readonly AcceptControl _accepts;

    /// <summary>Makes an engine; <see cref="Start"/> starts its timers.</summary>
    /// <param name="options">The options.</param>
    /// <param name="sink">Receives application messages; null for one log line each.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="meterFactory">Makes the meter <c>HeartbeatGateway</c>.</param>
    /// <param name="loggerFactory">Makes the loggers.</param>
    /// <param name="cluster">The cluster that it is a node of, which is to be disposed after the engine; null for a gateway alone.</param>
    /// <exception cref="GatewayOptionsException">The options are not valid; the message names every wrong key.</exception>
    public GatewayEngine(GatewayOptions options, IMessageSink? sink, TimeProvider timeProvider, IMeterFactory meterFactory, ILoggerFactory loggerFactory, ICluster? cluster = null)
        : this(options, new SinkSources(sink is not null, () => sink, () => []), timeProvider, meterFactory, loggerFactory, MemoryPressure.OfProcess(timeProvider), authorizer: null, cluster)
    {
    }

    internal GatewayEngine(
        GatewayOptions options, SinkSources sinks, TimeProvider timeProvider, IMeterFactory meterFactory, ILoggerFactory loggerFactory, MemoryPressure memory, IClientAuthorizer? authorizer,
        ICluster? cluster)
    {
        Cluster = cluster ?? new EmbeddedCluster();
        _context = new EngineContext(options, timeProvider, meterFactory, loggerFactory);
        _wheel = new TimerWheel(timeProvider, _pauses, new PauseReporter(_context).Report);
        var limits = new LimitEnforcer(_context, memory);
        var gate = new AdmissionGate(timeProvider, memory);
        _outboxes = new Outboxes(_context, Cluster);
        _deliveries = new DeliveryTable(_outboxes, _context.Settings.ReconnectWindow, _context.Settings.MaxRemembered);
        var membership = ClusterMembership.Of(_context, Cluster, _deliveries);
        _clients = new ClientRegistry(_context, _deliveries, membership);
        _nodeClients = new NodeClients(_context, _table, _clients.Directory, _deliveries, membership);
        _pushes = new ClientPushes(_context, _table, _clients.Directory, _deliveries, _outboxes, membership?.Roster);
        _clusterPushes = new ClusterPushes(_context, Cluster, _pushes, _outboxes);
        var lifecycle = Lifecycle = new ConnectionLifecycle(_context, _wheel, new ConnectionTimeouts(_context, _pauses, limits, new TimeoutExaminer(_context, _pauses)), _clients, _table, gate, _history);
        var shutdown = new ConnectionShutdown(_context, lifecycle);
        var refusals = new TokenRefusals(_context);
        _hellos = new HelloHandler(
            _context, _clients, _wheel, authorizer is null ? null : new HelloAuthorization(_context, authorizer),
            membership is null ? null : new ClusterHellos(_context, _clients, membership, refusals));
        _sinks = new MessageSinks(_context, options.Messages.Sinks, sinks);
        var applications = new ApplicationFrames(_context, _clients, new HelloHints(_context), new MessageHandler(_context, _sinks), new NumberedMessageHandler(_context, _sinks));
        var bans = new BanList(_context, _table);
        var automaticBans = new AutomaticBans(_context, bans);
        var banGate = new BanGate(bans, automaticBans);
        Bans = new GatewayBans(bans, _table, automaticBans);
        var frames = new FrameDispatcher(_context, lifecycle, refusals, new PingHandler(_context, limits), _hellos, applications, banGate);
        var readLoop = new ReadLoop(_context, frames, limits, _wheel, shutdown);
        _accepts = new AcceptControl(_context, gate);
        Handler = new GatewayConnectionHandler(
            new ConnectionAdmission(_context, new AdmissionRules(gate, limits, banGate), _accepts, new ProxyHeaderReader(_context, _pauses, _wheel), lifecycle, readLoop, shutdown));
        _housekeeping = new Housekeeping(_context, _table, lifecycle);
        _drain = new ConnectionDrain(_context, _table, _housekeeping);
        ConnectionGauges.Create(_context, _table);
        BanGauges.Create(_context, bans);
        InboundGauges.Create(_context, _deliveries);
        OutboxGauges.Create(_context, _outboxes);
        SinkMetrics.Create(_context, _sinks);
        Gate = gate;
    }

    /// <summary>The cluster that this gateway is a node of; an <see cref="EmbeddedCluster"/> when it is alone.</summary>
    public ICluster Cluster { get; }

    /// <inheritdoc/>
    public int ConnectedClients => _table.Connected;

    /// <inheritdoc/>
    public int OpenConnections => _table.Count;

    /// <inheritdoc/>
    public IGatewayBans Bans { get; }

    /// <inheritdoc/>
    public long LastPresenceEvent => _clients.Events.LastSequence;

    /// <inheritdoc/>
    public long OldestPresenceEvent => _clients.Events.OldestSequence;

    /// <inheritdoc/>
    public long LastDelivery => _outboxes.Events.LastSequence;

    /// <inheritdoc/>
    public long OldestDelivery => _outboxes.Events.OldestSequence;

    /// <inheritdoc/>
    public bool IsStopping => _context.Stopping.IsSet;

    /// <inheritdoc/>
    public bool IsDraining => _context.Stopping.IsSet || _context.Stopping.IsDraining;

    /// <inheritdoc/>
    public DrainStatus Drain => _drain.Status;

    /// <summary>The longest time over which a drain closes connections: a day.</summary>
    public static TimeSpan MaxDrainDuration => ClosePayload.MaxAfter;

    /// <summary>Log lines lost because a logger failed. Its exceptions end nothing else.</summary>
    public long LogLinesLost => _context.Loggers.Lost;

    /// <summary>The message sinks in use, in the order of the settings.</summary>
    public IReadOnlyList<SinkStatus> Sinks => [.. _sinks.All.Select(s => new SinkStatus(s.Name, s.IsRequired, s.IsStopped, s.Read(), s.OldestWaiting))];

    /// <summary>Takes connections from any transport.</summary>
    public GatewayConnectionHandler Handler { get; }

    /// <summary>What a listener may announce. Optional.</summary>
    public IAcceptControl Accepts => _accepts;

    /// <summary>The intervals between the pings of a connection; for exporters that read totals instead of single measurements.</summary>
    public HistogramTable HeartbeatIntervals => _context.Metrics.HeartbeatIntervals!;

    /// <summary>The shortest pause of the process that is recorded as one and does not count as idle time of clients: 1 s.</summary>
    public static TimeSpan PauseThreshold => TimerWheel.StallThreshold;

    internal AdmissionGate Gate { get; }

    internal AcceptControl AcceptParts => _accepts;

    internal ConnectionLifecycle Lifecycle { get; }

    internal ConnectionTable Table => _table;

    internal DeliveryTable Deliveries => _deliveries;

    internal Outboxes Outboxes => _outboxes;

    internal TimerWheel Wheel => _wheel;

    internal EngineSettings Settings => _context.Settings;

    internal ConnectionSpans Spans => _context.Spans;

    /// <summary>Finds the message sinks, and starts the timer wheel, periodic work and the node's part in the cluster.</summary>
    /// <exception cref="GatewayOptionsException">The options choose a message sink that the program does not have.</exception>
    public void Start()
    {
        _sinks.Start();
        _wheel.Start();
        _housekeeping.Start();
        _outboxes.Start();
        Cluster.Start(_nodeClients);
    }

    /// <summary>Replaces the options. Open connections follow the new ones from now on. Of two calls at a time, the second waits for the first.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="GatewayOptionsException">The options are not valid; nothing has changed.</exception>
    public void Reconfigure(GatewayOptions options)
    {
        lock (_reconfiguring)
        {
            var before = _context.Settings;
            var settings = EngineSettings.Create(options, _context.TimeProvider, _context.Metrics, before);
            _hellos.Configure(before, settings);
            _context.Replace(settings);
            _clients.Configure(settings);
            foreach (var connection in _table.All())
            {
                KeyRotation.Apply(connection, settings);
                _wheel.Schedule(connection, _context.Now);
            }
        }
    }

    /// <summary>
    /// Closes all connections, spread over a time, and completes when the last one is removed. Connections that open meanwhile are closed at once. A second
    /// call waits for the first, and can cut it short. A drain in progress ends, and this stop closes what the drain has left open.
    /// </summary>
    /// <param name="duration">The time; zero closes all at once.</param>
    /// <param name="cancellationToken">Cuts the spreading short: the rest is closed at once.</param>
    public async Task StopAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        await _drain.StopAsync(duration, cancellationToken);
        // No connection is left that could acknowledge anything: callers that wait learn it now.
        _outboxes.Close();
        await _sinks.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public DrainChange StartDrain(TimeSpan duration, string? startedBy = null)
    {
        if (duration < TimeSpan.Zero || duration > MaxDrainDuration) throw new ArgumentOutOfRangeException(nameof(duration), duration, "A drain takes between 0 and a day.");
        return _drain.Start(duration, startedBy);
    }

    /// <inheritdoc/>
    public Task<DrainChange> CancelDrainAsync() => _drain.CancelAsync();

    /// <inheritdoc/>
    public ConnectionPage ListConnections(int limit, ConnectionId? after = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var page = _table.All(after is { } last ? last.Slot + 1 : 0).Take(limit).Select(c => ConnectionInfo.Of(c, _context)).ToList();
        return new ConnectionPage(page, page.Count == limit ? page[^1].Id : null);
    }

    /// <inheritdoc/>
    public IEnumerable<ConnectionInfo> EnumerateConnections() => _table.All().Select(c => ConnectionInfo.Of(c, _context));

    /// <inheritdoc/>
    public IEnumerable<ConnectionView> ViewConnections() => _table.All().Select(c => new ConnectionView(c, _context));

    /// <inheritdoc/>
    public ConnectionView? ViewConnection(ConnectionId id) => _table.Find(id) is { } connection ? new ConnectionView(connection, _context) : null;

    /// <inheritdoc/>
    public IEnumerable<ClientInfo> EnumerateClients() =>
        _table.All().Where(c => !c.HasEnded && c.Session is { IsRegistered: true }).Select(c => ClientInfo.Of(c.Session!, c));

    /// <inheritdoc/>
    public ConnectionInfo? FindConnection(ConnectionId id) => _table.Find(id) is { } connection ? ConnectionInfo.Of(connection, _context) : null;

    /// <inheritdoc/>
    public ClientInfo? FindClient(string clientId) =>
        _clients.Directory.Find(clientId) is { Session: { } session } connection ? ClientInfo.Of(session, connection) : null;

    /// <inheritdoc/>
    public SendResult Send(ConnectionId id, string type, ReadOnlyMemory<byte> content) => new Push(_context, type, content).To(_table.Find(id));

    /// <inheritdoc/>
    public SendResult SendToClient(string clientId, string type, ReadOnlyMemory<byte> content) =>
        ClientPushes.ResultOf(_pushes.Deliver(clientId, new Push(_context, type, content), ttl: null));

    /// <inheritdoc/>
    public IReadOnlyList<SendResult> SendToClients(IReadOnlyList<string> clientIds, string type, ReadOnlyMemory<byte> content)
    {
        var push = new Push(_context, type, content);
        return [.. clientIds.Select(id => ClientPushes.ResultOf(_pushes.Deliver(id, push, ttl: null)))];
    }

    /// <inheritdoc/>
    public MessageDelivery DeliverToClient(string clientId, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl = null) =>
        _pushes.Deliver(clientId, new Push(_context, type, content), Checked(ttl));

    /// <inheritdoc/>
    public IReadOnlyList<MessageDelivery> DeliverToClients(IReadOnlyList<string> clientIds, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl = null)
    {
        var (push, checkedTtl) = (new Push(_context, type, content), Checked(ttl));
        return [.. clientIds.Select(id => _pushes.Deliver(id, push, checkedTtl))];
    }

    /// <inheritdoc/>
    public async ValueTask<MessageDelivery> DeliverAcrossNodesAsync(string clientId, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl = null, CancellationToken cancellationToken = default) =>
        (await _clusterPushes.DeliverAsync([clientId], type, content, Checked(ttl), cancellationToken))[0];

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<MessageDelivery>> DeliverToClientsAcrossNodesAsync(
        IReadOnlyList<string> clientIds, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl = null, CancellationToken cancellationToken = default) =>
        _clusterPushes.DeliverAsync(clientIds, type, content, Checked(ttl), cancellationToken);

    /// <inheritdoc/>
    public int Broadcast(string type, ReadOnlyMemory<byte> content)
    {
        var push = new Push(_context, type, content);
        return _table.All().Count(connection => push.To(connection) == SendResult.Accepted);
    }

    /// <inheritdoc/>
    public bool Close(ConnectionId id, CloseReason reason, bool? retry = null, TimeSpan? after = null)
    {
        if (!reason.CanEndAdmitted()) throw new ArgumentOutOfRangeException(nameof(reason), reason, "This reason ends no admitted connection.");
        if (after < TimeSpan.Zero || after > ClosePayload.MaxAfter) throw new ArgumentOutOfRangeException(nameof(after), after, "A reconnect slot lies between 0 and a day.");
        return _table.Find(id) is { } connection && connection.Close(new CloseRequest(reason) { Retry = retry, After = after });
    }

    /// <inheritdoc/>
    public bool CloseClient(string clientId, CloseReason reason, bool? retry = null, TimeSpan? after = null) =>
        _clients.Directory.Find(clientId) is { } connection && Close(connection.Id, reason, retry, after);

    /// <inheritdoc/>
    public IEnumerable<DisconnectRecord> EnumerateDisconnects() => _history.Read();

    /// <inheritdoc/>
    public PresenceSnapshot TakePresenceSnapshot() => _clients.Directory.Snapshot();

    /// <inheritdoc/>
    public IAsyncEnumerable<PresenceEvent> FollowPresenceAsync(long after, CancellationToken cancellationToken) => _clients.Events.FollowAsync(after, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<DeliveryEvent> FollowDeliveriesAsync(long after, CancellationToken cancellationToken) => _outboxes.Events.FollowAsync(after, cancellationToken);

    /// <summary>An encoded ping that this gateway answers, for liveness probes on the gateway's own endpoint (see <see cref="ILivenessProbeFeature"/>).</summary>
    public ReadOnlyMemory<byte> CreateProbePing() => _context.Settings.Probe.Signer.Ping(_context.UnixSeconds);

    /// <summary>Time since a timestamp of the engine's clock, less the recorded pauses of the process.</summary>
    /// <param name="timestamp">From <see cref="TimeProvider.GetTimestamp"/>.</param>
    public TimeSpan GetUnpausedTimeSince(long timestamp) => _pauses.ElapsedSince(timestamp, _context);

    /// <inheritdoc/>
    public void Dispose()
    {
        _drain.Dispose();
        _outboxes.Dispose();
        _housekeeping.Dispose();
        _wheel.Dispose();
        _sinks.Dispose();
        _context.Dispose();
    }

    private TimeSpan? Checked(TimeSpan? ttl)
    {
        var max = _context.Settings.MaxTtl;
        return ttl <= TimeSpan.Zero || ttl > max ? throw new ArgumentOutOfRangeException(nameof(ttl), ttl, $"A message is held for more than 0 and at most {max} (Gateway:Messages:MaxTtl).") : ttl;
    }
}
