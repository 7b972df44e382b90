using System.Collections.Immutable;
using System.Net;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Context;

/// <summary>The options in the form that the hot path reads: durations in timestamp units, secrets as keyring. Immutable; replaced whole.</summary>
internal sealed class EngineSettings
{
    private readonly int? _maxConnections;

    private EngineSettings(GatewayOptions options, TokenKeyringOptions keyring, TimeProvider timeProvider, GatewayMetrics metrics, EngineSettings? before)
    {
        Keyring = new TokenKeyring(keyring, TokenRole.Gateway);
        Probe = before?.Probe ?? ProbeKey.Create();
        VerifiedCounters = [.. Keyring.Keys.Select(k => k.Id.Length == 0 ? new CounterTable(1) : metrics.VerifiedBy(k.Id))];
        Idle = IdleLimits.From(options.Heartbeat.ReaderIdle, options.Heartbeat.WriterIdle, options.Heartbeat.AllIdle, timeProvider);
        ShadowLimits = ShadowLimit.From(options.Heartbeat.ShadowReaderIdle, timeProvider, metrics);
        ShortestIdle = Smallest(Idle.Reader, Idle.Writer, Idle.All, ShadowLimits.IsEmpty ? 0 : ShadowLimits[0].Limit);
        Heartbeat = options.Heartbeat;
        LogSignedBytes = options.Tokens.LogSignedBytes == true;
        MaxAge = Units(options.Tokens.MaxAge);
        HandshakeTimeout = Units(options.Admission.HandshakeTimeout ?? DefaultHandshakeTimeout(options.Heartbeat));
        FrameTimeout = Units(options.Frames.FrameTimeout);
        WriteTimeout = Units(options.Outbound.WriteTimeout);
        MaxContentBytes = options.Frames.MaxContentBytes;
        MaxFirstContentBytes = Math.Min(options.Frames.MaxFirstContentBytes, options.Frames.MaxContentBytes);
        Resync = options.Frames.Resync;
        MaxPendingBytes = options.Outbound.MaxPendingBytes;
        _maxConnections = options.Admission.MaxConnections;
        MaxConnectionsPerAddress = options.Admission.MaxConnectionsPerAddress;
        AcceptsPerSecond = options.Admission.AcceptsPerSecond;
        PingsPerSecond = options.Admission.PingsPerSecond;
        PingStrikes = options.Admission.PingStrikes;
        Memory = MemoryLimits.From(options.Admission);
        ReportOnly = options.Admission.Observe.Aggregate(LimitKind.None, static (limits, name) => limits | LimitNames.Of(name));
        MaxConnectionAge = Units(options.Draining.MaxConnectionAge);
        MaxConnectionAgeSince = before is not null && before.MaxConnectionAge == MaxConnectionAge ? before.MaxConnectionAgeSince : timeProvider.GetTimestamp();
        TrustedProxies = [.. options.Proxy.TrustedNetworks.Select(IPNetwork.Parse)];
        AutomaticBans = options.Admission.AutomaticBans.Mode == AutomaticBanMode.Off ? null : new AutomaticBanRules(options.Admission.AutomaticBans, timeProvider);
        RequiresProxyHeader = options.Proxy.Header == ProxyHeaderDemand.Required;
        ReconnectWindow = Units(options.Reconnects.Window);
        MaxRemembered = options.Reconnects.MaxRemembered;
        TimeZone = keyring.TimeZone;
        SendsHelloNotices = options.Frames.HelloNotices == true;
        LogContent = options.Messages.LogContent;
        MaxUnacknowledged = options.Messages.MaxUnacknowledged;
        MaxUnacknowledgedBytes = options.Messages.MaxUnacknowledgedBytes;
        MaxHeldMessages = options.Messages.MaxHeldMessages;
        MaxHeldBytes = options.Messages.MaxHeldBytes;
        MaxHeldTotalBytes = options.Messages.MaxHeldTotalBytes;
        MaxTtl = options.Messages.MaxTtl;
        KeepUnacknowledged = Units(options.Messages.KeepUnacknowledged);
        Lines = LineBudget.From(options.Logging, timeProvider);
        CloseLevels = new CloseLevels(options.Logging);
        ConnectionSpanRatio = options.Telemetry.ConnectionSpanRatio;

        long Units(TimeSpan duration) => timeProvider.ToTimestampUnits(duration);
    }

    /// <summary>The reader-idle limit; without one its default, because an unauthenticated connection must not stay open for ever.</summary>
    private static TimeSpan DefaultHandshakeTimeout(HeartbeatOptions options) =>
        options.ReaderIdle > TimeSpan.Zero ? options.ReaderIdle : new HeartbeatOptions().ReaderIdle;

    public TokenKeyring Keyring { get; }

    /// <summary>The key of the liveness probe.</summary>
    public ProbeKey Probe { get; }

    /// <summary>The counter of each key, by <see cref="TokenKey.Index"/>.</summary>
    public ImmutableArray<CounterTable> VerifiedCounters { get; }

    public IdleLimits Idle { get; }

    /// <summary>Candidates for the reader-idle limit, the shortest first.</summary>
    public ImmutableArray<ShadowLimit> ShadowLimits { get; }

    /// <summary>The shortest idle limit that is on, candidates included; 0 when none is.</summary>
    public long ShortestIdle { get; }

    /// <summary>The bounds of negotiated heartbeats.</summary>
    public HeartbeatOptions Heartbeat { get; }

    /// <summary>Tokens that do not verify are logged with the bytes that have to be signed.</summary>
    public bool LogSignedBytes { get; }

    /// <summary>How far the date of a frame may lie from now.</summary>
    public long MaxAge { get; }

    public long HandshakeTimeout { get; }

    public long FrameTimeout { get; }

    public long WriteTimeout { get; }

    public int MaxContentBytes { get; }

    public int MaxFirstContentBytes { get; }

    public FrameResync Resync { get; }

    public int MaxPendingBytes { get; }

    /// <summary>The default is read at the first use: <see cref="ProcessLimits"/> must not be read too early.</summary>
    public int MaxConnections => _maxConnections ?? ProcessLimits.DefaultMaxConnections;

    public int MaxConnectionsPerAddress { get; }

    public int AcceptsPerSecond { get; }

    public int PingsPerSecond { get; }

    public int PingStrikes { get; }

    /// <summary>The memory limits.</summary>
    public MemoryLimits Memory { get; }

    /// <summary>Limits whose violations are reported and not enforced.</summary>
    public LimitKind ReportOnly { get; }

    /// <summary>
    /// The enforced limit of open connections. A report-only limit rejects none; the limit by file descriptors always applies. 0 = no limit.
    /// </summary>
    public int ConnectionsLimit => (int)Smallest(ReportOnly.Has(LimitKind.Total) ? 0 : MaxConnections, ProcessLimits.MostConnections);

    /// <summary>The memory limits as they are enforced.</summary>
    public MemoryLimits EnforcedMemory => ReportOnly.Has(LimitKind.Memory) ? default : Memory;

    public long MaxConnectionAge { get; }

    /// <summary>Timestamp since which <see cref="MaxConnectionAge"/> has its current value.</summary>
    public long MaxConnectionAgeSince { get; }

    /// <summary>Networks of proxies that send PROXY headers.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; }

    /// <summary>When client ids and addresses are banned for connecting too often; null while that is off.</summary>
    public AutomaticBanRules? AutomaticBans { get; }

    /// <summary>Connections from trusted proxies must begin with a PROXY header.</summary>
    public bool RequiresProxyHeader { get; }

    public long ReconnectWindow { get; }

    public int MaxRemembered { get; }

    /// <summary>The time zone of the dates in frames.</summary>
    public FrameTimeZone TimeZone { get; }

    /// <summary>A client whose hello cannot be read is told so.</summary>
    public bool SendsHelloNotices { get; }

    /// <summary>What the log contains of application messages.</summary>
    public MessageLogContent LogContent { get; }

    /// <summary>The largest number of numbered messages of a client that are not acknowledged.</summary>
    public int MaxUnacknowledged { get; }

    /// <summary>The largest sum of their contents, in bytes.</summary>
    public int MaxUnacknowledgedBytes { get; }

    /// <summary>The most messages that are kept for one client.</summary>
    public int MaxHeldMessages { get; }

    /// <summary>What they may count in bytes.</summary>
    public long MaxHeldBytes { get; }

    /// <summary>What the messages that are kept for all clients may count in bytes.</summary>
    public long MaxHeldTotalBytes { get; }

    /// <summary>The longest time for which a message may be held.</summary>
    public TimeSpan MaxTtl { get; }

    /// <summary>How long a message that names no time waits for its acknowledgement.</summary>
    public long KeepUnacknowledged { get; }

    /// <summary>The budget of log lines about peers.</summary>
    public LineBudget Lines { get; }

    /// <summary>The log levels of ended connections.</summary>
    public CloseLevels CloseLevels { get; }

    /// <summary>The share of connections that are recorded as spans, from 0 to 1.</summary>
    public double ConnectionSpanRatio { get; }

    /// <summary>The largest content of a frame, in bytes; smaller before the first valid frame.</summary>
    public int MaxContentBytesOf(bool isConnected) => isConnected || ReportOnly.Has(LimitKind.FirstContent) ? MaxContentBytes : MaxFirstContentBytes;

    /// <summary>True for a signer of this keyring, and not of an earlier or later one.</summary>
    public bool IsOwn(TokenSigner signer) => signer.Key.Index < Keyring.Keys.Length && ReferenceEquals(Keyring.Keys[signer.Key.Index], signer.Key);

    /// <summary>True for addresses whose connections begin with a PROXY header, or may begin with one.</summary>
    public bool IsTrustedProxy(EndPoint? endPoint)
    {
        if (TrustedProxies.IsEmpty || endPoint is not IPEndPoint { Address: var address }) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return TrustedProxies.Any(network => network.Contains(address));
    }

    /// <param name="options">The options.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="metrics">Has the counters of the keys.</param>
    /// <param name="before">The settings in force until now; null at the start.</param>
    /// <exception cref="GatewayOptionsException">The options are not valid; the message names every wrong key.</exception>
    public static EngineSettings Create(GatewayOptions options, TimeProvider timeProvider, GatewayMetrics metrics, EngineSettings? before)
    {
        var errors = GatewayOptionsValidator.Validate(options, out var keyring);
        if (keyring is null || errors.Count > 0) throw new GatewayOptionsException(errors);
        return new EngineSettings(options, keyring, timeProvider, metrics, before);
    }

    /// <summary>The smallest limit that is on; 0 when none is.</summary>
    private static long Smallest(params ReadOnlySpan<long> limits)
    {
        var smallest = 0L;
        foreach (var limit in limits)
        {
            if (limit > 0 && (smallest == 0 || limit < smallest)) smallest = limit;
        }

        return smallest;
    }
}
