using System.Diagnostics.Metrics;
using System.Text;
using HeartbeatGateway.Server.Admission;
using HeartbeatGateway.Server.Heartbeats;
using HeartbeatGateway.Server.Identity;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Outbound;
using HeartbeatGateway.Server.Presence;
using HeartbeatGateway.Server.Registry;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Heartbeats;
using HeartbeatGateway.Protocol.Tokens;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server;

/// <summary>
/// The gateway without its transports: takes connections from <see cref="GatewayConnectionHandler"/>, keeps their books, and
/// sends to them and ends them for others. Thread-safe.
/// </summary>
public sealed class GatewayEngine : IGaugeSource, IDisposable
{
    private static readonly TimeSpan HousekeepingInterval = TimeSpan.FromSeconds(10);

    private readonly GuardedLoggerFactory _loggers;
    private readonly LogThrottle _throttle;

    // Of their own, so that busy clients do not hide who comes and goes.
    private readonly LogThrottle _messageThrottle;
    private readonly ConnectionDrain _drain;
    private readonly ProcessPauses _stalls = new();
    private readonly PostBurstGc _memory = PostBurstGc.OfProcess();
    private ITimer? _housekeeping;
    private EngineSettings _settings;
    private long _gone;

    /// <summary>Makes an engine; <see cref="Start"/> sets its clocks going.</summary>
    /// <param name="options">The options.</param>
    /// <param name="sink">Where application messages go; null for one log line each.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="meterFactory">Makes the meter <c>HeartbeatGateway</c>.</param>
    /// <param name="loggerFactory">Makes the loggers.</param>
    /// <exception cref="GatewayOptionsException">The options are not valid; the message names every wrong key.</exception>
    public GatewayEngine(GatewayOptions options, IMessageSink? sink, TimeProvider timeProvider, IMeterFactory meterFactory, ILoggerFactory loggerFactory)
        : this(options, sink, timeProvider, meterFactory, loggerFactory, MemoryPressure.OfProcess(timeProvider))
    {
    }

    internal GatewayEngine(GatewayOptions options, IMessageSink? sink, TimeProvider timeProvider, IMeterFactory meterFactory, ILoggerFactory loggerFactory, MemoryPressure memory)
    {
        TimeProvider = timeProvider;
        _loggers = loggerFactory as GuardedLoggerFactory ?? new GuardedLoggerFactory(loggerFactory);
        Logger = _loggers.CreateLogger<GatewayEngine>();
        Metrics = new GatewayMetrics(meterFactory, this);
        UncountedMetrics = new GatewayMetrics(null, this);
        _settings = EngineSettings.Create(options, timeProvider, Metrics, before: null);
        _throttle = new LogThrottle(timeProvider);
        _messageThrottle = new LogThrottle(timeProvider);
        Memory = memory;
        Limits = new LimitEnforcer(this, _throttle);
        Admission = new ConnectionAdmission(this, _throttle);
        Presence = new ClientPresence(this, _settings, _throttle);
        _drain = new ConnectionDrain(this);
        Wheel = new TimerWheel(timeProvider, _stalls, Stalled);
        Heartbeats = new ConnectionTimeouts(this, _stalls, _throttle);
        Hellos = new HelloHandler(this, Presence, _throttle);
        Dispatcher = new FrameDispatcher(this, Hellos, sink ?? new LogMessageSink(_loggers.CreateLogger<LogMessageSink>(), _messageThrottle), _throttle);
        UnwindLimit = (long)((2 * ConnectionShutdown.Grace.TotalSeconds) + 1) * timeProvider.TimestampFrequency;
        KeepAliveWhilePaused = 3 * timeProvider.TimestampFrequency;
    }

    /// <summary>Connections that brought a valid frame and have not ended.</summary>
    public int ConnectedClients => Table.Connected;

    /// <summary>Open connections, with and without a valid frame.</summary>
    public int OpenConnections => Table.Count;

    /// <summary>True from the moment the gateway began to let its clients go.</summary>
    public bool IsStopping => _drain.HasBegun;

    /// <summary>Log lines that a logger failed on. Its faults end nothing else.</summary>
    public long LogLinesLost => _loggers.Lost;

    (int Open, int Connected) IGaugeSource.Connections => Table.Counts;

    long IGaugeSource.PendingBytes => Table.All().Sum(c => (long)c.Outbound.PendingBytes);

    long IGaugeSource.ConnectionsLimit => Settings.ConnectionsLimit;

    long IGaugeSource.HeapLimitBytes => Settings.EnforcedMemory.Heap;

    long IGaugeSource.ResidentLimitBytes => Settings.EnforcedMemory.Resident;

    bool IGaugeSource.IsDraining => IsStopping;

    internal TimeProvider TimeProvider { get; }

    internal ILogger Logger { get; }

    internal GatewayMetrics Metrics { get; }

    /// <summary>Takes what the liveness probe's connection would count.</summary>
    internal GatewayMetrics UncountedMetrics { get; }

    internal ConnectionTable Table { get; } = new();

    /// <summary>How full the memory is.</summary>
    internal MemoryPressure Memory { get; }

    internal LimitEnforcer Limits { get; }

    internal ConnectionAdmission Admission { get; }

    internal ClientPresence Presence { get; }

    internal TimerWheel Wheel { get; }

    internal ConnectionTimeouts Heartbeats { get; }

    internal HelloHandler Hellos { get; }

    internal FrameDispatcher Dispatcher { get; }

    /// <summary>Cancelled when the gateway begins to let its clients go.</summary>
    internal CancellationToken StoppingToken => _drain.Begun;

    internal EngineSettings Settings => Volatile.Read(ref _settings);

    internal long Now => TimeProvider.GetTimestamp();

    internal long UnixSeconds => TimeProvider.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>In timestamp units: how long an ended connection may take to unwind.</summary>
    internal long UnwindLimit { get; }

    /// <summary>In timestamp units: how often a client hears from us while we do not read from it.</summary>
    internal long KeepAliveWhilePaused { get; }

    /// <summary>Sets the idle wheel going.</summary>
    public void Start()
    {
        Wheel.Start();
        _housekeeping ??= TimeProvider.CreateTimer(static state => ((GatewayEngine)state!).KeepHouse(), this, HousekeepingInterval, HousekeepingInterval);
    }

    /// <summary>Replaces the options. Open connections follow the new ones from now on.</summary>
    /// <exception cref="GatewayOptionsException">The options are not valid; nothing has changed.</exception>
    public void Reconfigure(GatewayOptions options)
    {
        var settings = EngineSettings.Create(options, TimeProvider, Metrics, Settings);
        Hellos.Configure(Settings, settings);
        Volatile.Write(ref _settings, settings);
        // Whoever adopts a key at this moment sees these settings, or its key is seen below.
        Interlocked.MemoryBarrier();
        Presence.Configure(settings);
        foreach (var connection in Table.All())
        {
            FollowKeys(connection, settings);
            Wheel.Schedule(connection, Now);
        }
    }

    /// <summary>Sends a message to one client.</summary>
    /// <param name="id">Its connection.</param>
    /// <param name="type">The frame's type; cut at 50 bytes of UTF-8.</param>
    /// <param name="content">The content; copied.</param>
    public SendResult Send(ConnectionId id, string type, ReadOnlyMemory<byte> content)
    {
        if (Table.Find(id) is not { Signer: { } signer } connection) return SendResult.NotConnected;
        var utf8 = Encoding.UTF8.GetBytes(type);
        return connection.Send(signer.Encode(utf8, content, UnixSeconds), FrameKinds.Of(utf8), Now) switch
        {
            OutboundResult.Accepted => SendResult.Accepted,
            OutboundResult.Full => SendResult.TooMuchPending,
            _ => SendResult.NotConnected,
        };
    }

    /// <summary>Sends a message to every connected client. Waits for none of them; the frame is encoded once for each key in use.</summary>
    /// <returns>For how many clients it was accepted.</returns>
    public int Broadcast(string type, ReadOnlyMemory<byte> content)
    {
        var utf8 = Encoding.UTF8.GetBytes(type);
        var kind = FrameKinds.Of(utf8);
        var unixSeconds = UnixSeconds;
        var frames = new Dictionary<TokenSigner, ReadOnlyMemory<byte>>();
        var accepted = 0;
        foreach (var connection in Table.All())
        {
            if (connection.Signer is not { } signer) continue;
            if (!frames.TryGetValue(signer, out var frame)) frames[signer] = frame = signer.Encode(utf8, content, unixSeconds);
            if (connection.Send(frame, kind, Now) == OutboundResult.Accepted) accepted++;
        }

        return accepted;
    }

    /// <summary>Ends a client's connection.</summary>
    /// <param name="id">Its connection.</param>
    /// <param name="reason">The reason that logs, metrics and the client are told.</param>
    /// <param name="retry">Whether the client may come back; null: unless it is banned. Only clients that asked to be told why they are closed hear it.</param>
    /// <param name="after">The client's reconnect slot: it is to come back after this time. Null leaves that to the client.</param>
    /// <returns>False when nobody has that connection or it has ended.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The reason is one that ends no admitted connection, or the time is negative or above a day.</exception>
    public bool Close(ConnectionId id, CloseReason reason, bool? retry = null, TimeSpan? after = null)
    {
        if (!reason.CanEndAdmitted()) throw new ArgumentOutOfRangeException(nameof(reason), reason, "This reason ends no admitted connection.");
        if (after < TimeSpan.Zero || after > ClosePayload.MaxAfter) throw new ArgumentOutOfRangeException(nameof(after), after, "A reconnect slot lies between 0 and a day.");
        return Table.Find(id) is { } connection && connection.End(reason, CloseFrameFactory.For(connection, reason, TimeProvider.GetUtcNow(), retry, after));
    }

    /// <summary>Finds a client by its name; null when it is not here.</summary>
    /// <param name="clientId">The name that it gave in its hello.</param>
    public ClientInfo? FindClient(string clientId) =>
        Presence.Directory.Find(clientId) is { Session: { } session } connection ? ClientInfo.Of(session, connection) : null;

    /// <summary>Everybody who is here under a name, with the number of the last presence event that this list reflects.</summary>
    public PresenceSnapshot TakePresenceSnapshot() => Presence.Directory.Snapshot();

    /// <summary>The changes of presence after an event, as they happen. The latest 16,384 are kept.</summary>
    /// <param name="after">Number of the last event that is known already; that of a snapshot, or 0 for all since the start.</param>
    /// <param name="cancellationToken">Ends the following.</param>
    /// <exception cref="PresenceGapException">Events in between are no longer kept: take a new snapshot.</exception>
    public IAsyncEnumerable<PresenceEvent> FollowPresenceAsync(long after, CancellationToken cancellationToken) => Presence.Log.FollowAsync(after, cancellationToken);

    /// <summary>Ends all connections, spread over a time, and completes when the last one is off the books. Connections that come meanwhile are ended at once.</summary>
    /// <param name="duration">Over how long; zero ends all at once.</param>
    /// <param name="cancellationToken">Cuts the spreading short: what is left is ended at once.</param>
    public Task StopAsync(TimeSpan duration, CancellationToken cancellationToken) => _drain.RunAsync(duration, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _housekeeping?.Dispose();
        Wheel.Dispose();
        _drain.Dispose();
    }

    /// <summary>True when the descriptors allow no further connection.</summary>
    internal bool IsOutOfDescriptors =>
        ProcessLimits.MostConnections > 0 && Admission.Places + Admission.PendingAccepts >= ProcessLimits.MostConnections;

    /// <summary>A ping as a client would send it now, for the liveness probe.</summary>
    internal ReadOnlyMemory<byte> ProbePing() => Settings.ProbeSigner.Ping(UnixSeconds);

    /// <summary>Time since a timestamp, less the pauses of the process.</summary>
    internal TimeSpan UnstalledTimeSince(long timestamp)
    {
        var now = Now;
        return TimeProvider.GetElapsedTime(timestamp + _stalls.Between(timestamp, now), now);
    }

    /// <summary>A connection's first valid frame.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="now">The timestamp of the read that brought it.</param>
    /// <param name="isAnonymous">False when that frame is a hello, which tells who it is.</param>
    internal void Connected(GatewayConnection connection, long now, bool isAnonymous)
    {
        if (connection.IsProbe)
        {
            connection.ConnectedAt = now;
            return;
        }

        Table.MarkConnected(connection, now);
        // Its next visit was set by the handshake; an idle limit may come earlier.
        if (Settings.ShortestIdle > 0) Wheel.Schedule(connection, now + Settings.ShortestIdle);
        if (isAnonymous) Presence.Anonymous(connection, now);
    }

    /// <summary>Takes an ended connection off the books.</summary>
    internal void Leave(GatewayConnection connection)
    {
        var now = Now;
        var pending = connection.Outbound.PendingBytes;
        Wheel.Remove(connection);
        connection.Outbound.End();
        if (connection.IsProbe) return;

        // As they were at the end: the last frame may have been waited for since.
        var lifetime = connection.Elapsed(connection.OpenedAt, connection.EndedAt);
        Metrics.ConnectionClosed(connection.Reason, lifetime);
        Admission.Leave(connection);
        if (_throttle.Allows())
        {
            Logger.ConnectionClosed(
                connection.Id, connection.ClientName, connection.RemoteEndPoint, connection.Reason.ToWireName(), lifetime.TotalSeconds,
                connection.Elapsed(connection.Idle.LastRead, connection.EndedAt).TotalSeconds, connection.BytesRead, pending);
        }

        Presence.Left(connection, now);
        Table.Remove(connection);
        Interlocked.Increment(ref _gone);
        _drain.ConnectionLeft();
    }

    /// <summary>A connection whose key was taken away, or may not speak for its client any more, ends; others go on under the new settings.</summary>
    internal static void FollowKeys(GatewayConnection connection, EngineSettings settings)
    {
        if (connection.Signer is not { } signer) return;
        var successor = settings.Keyring.Successor(signer);
        if (successor is null || (connection.Session is { } session && !successor.Key.Admits(session.ClientId))) connection.End(CloseReason.TokenInvalid);
        else connection.Signer = successor;
    }

    /// <summary>Says why TLS, or another layer between transport and read loop, ended a connection.</summary>
    internal void LayerFailed(GatewayConnection connection, string fault)
    {
        if (_throttle.Allows()) Logger.TlsFailed(connection.Id, connection.RemoteEndPoint, fault);
    }

    private void Stalled(TimeSpan length)
    {
        Metrics.Stalled(length);
        Logger.ProcessStalled(length.TotalSeconds);
    }

    private void KeepHouse()
    {
        TellSuppressedLines();
        _memory.Note(Interlocked.Read(ref _gone), Table.Count);
    }

    /// <summary>Tells how many lines about peers were left out, if any.</summary>
    internal void TellSuppressedLines()
    {
        if (_throttle.TakeSuppressed() + _messageThrottle.TakeSuppressed() is var lines and > 0) Logger.LogLinesSuppressed(lines);
    }
}
