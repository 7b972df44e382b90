using System.Diagnostics.Metrics;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Context;

/// <summary>What every part of the engine may look at: clock, settings in force, metrics, loggers, stop signal. Passive: it calls no part.</summary>
internal sealed class EngineContext : IDisposable
{
    private EngineSettings _settings;

    /// <param name="options">The options.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="meterFactory">Makes the meter <c>HeartbeatGateway</c>.</param>
    /// <param name="loggerFactory">Makes the loggers; an exception of one of them is caught and counted.</param>
    /// <exception cref="GatewayOptionsException">The options are not valid; the message names every wrong key.</exception>
    public EngineContext(GatewayOptions options, TimeProvider timeProvider, IMeterFactory meterFactory, ILoggerFactory loggerFactory)
    {
        TimeProvider = timeProvider;
        Loggers = loggerFactory as GuardedLoggerFactory ?? new GuardedLoggerFactory(loggerFactory);
        Logger = Loggers.CreateLogger("HeartbeatGateway.Server");
        Metrics = new GatewayMetrics(meterFactory);
        UncountedMetrics = new GatewayMetrics(null);
        PeerLines = new PeerLines(timeProvider, Metrics);
        Spans = new ConnectionSpans(timeProvider);
        _settings = EngineSettings.Create(options, timeProvider, Metrics, before: null);
    }

    public TimeProvider TimeProvider { get; }

    public GuardedLoggerFactory Loggers { get; }

    public ILogger Logger { get; }

    public GatewayMetrics Metrics { get; }

    /// <summary>The metrics of the liveness probe's connection. They are not collected.</summary>
    public GatewayMetrics UncountedMetrics { get; }

    /// <summary>Limits the log lines that peers can cause.</summary>
    public PeerLines PeerLines { get; }

    /// <summary>The lives of sampled connections as spans.</summary>
    public ConnectionSpans Spans { get; }

    public StopSignal Stopping { get; } = new();

    public EngineSettings Settings => Volatile.Read(ref _settings);

    /// <summary>The current timestamp.</summary>
    public long Now => TimeProvider.GetTimestamp();

    /// <summary>The current date, in seconds since 1970-01-01 UTC.</summary>
    public long UnixSeconds => TimeProvider.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Asks for one log line that a peer caused. A line whose level is not logged takes nothing from the budget.</summary>
    /// <returns>False when the line must not be written: its level is off, or it is suppressed, which is counted.</returns>
    public bool MayLog(LogLevel level, LineKind kind, AddressKey address) =>
        level != LogLevel.None && Logger.IsEnabled(level) && PeerLines.TryTake(kind, address, Settings.Lines);

    /// <summary>Replaces the settings. A barrier follows: a signer that is adopted at this moment sees them, or is seen by the caller.</summary>
    public void Replace(EngineSettings settings)
    {
        Volatile.Write(ref _settings, settings);
        Interlocked.MemoryBarrier();
    }

    /// <summary>Time between two timestamps.</summary>
    public TimeSpan Elapsed(long from, long to) => TimeProvider.GetElapsedTime(from, to);

    public void Dispose()
    {
        Stopping.Dispose();
        Spans.Dispose();
    }
}
