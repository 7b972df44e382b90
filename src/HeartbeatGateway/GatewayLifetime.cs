using System.Runtime.InteropServices;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Logging;
using HeartbeatGateway.Transport;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace HeartbeatGateway;

/// <summary>
/// Starts the engine with the host and drains it before the host stops: first it stops accepting, then it closes all connections, while
/// HTTP still answers. Also applies a changed configuration to the engine.
/// </summary>
internal sealed class GatewayLifetime(
    GatewayEngine engine,
    GatewayTransportFactory transport,
    ApiKeyRing apiKeys,
    OptionsInForce options,
    IConfiguration configuration,
    IHostEnvironment environment,
    ReloadStatus status,
    IOptions<HostOptions> host,
    ILogger<GatewayLifetime> logger) : IHostedLifecycleService, IDisposable
{
    private const int MaxErrorChars = 4096;
    private static readonly TimeSpan AfterDraining = TimeSpan.FromSeconds(10);

    private readonly Lock _reloading = new();
    private IDisposable? _changes;
    private ReloadLog? _reloads;
    private PosixSignalRegistration? _hangUp;

    private TimeSpan ShutdownTimeout => options.Value.Draining.Duration + AfterDraining;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        engine.Start();
        host.Value.ShutdownTimeout = ShutdownTimeout;
        var warnings = Warnings().ToList();
        foreach (var warning in warnings) logger.ConfigurationWarning(warning);
        _reloads = new ReloadLog(configuration, options.Value, warnings, logger);
        _changes = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, ReloadOn);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _changes?.Dispose();
        transport.Listener?.Stop();
        transport.WebSocketListener?.Stop();
        using var cutShort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminated = CutShortOn(PosixSignal.SIGTERM, cutShort);
        using var interrupted = CutShortOn(PosixSignal.SIGINT, cutShort);
        await engine.StopAsync(options.Value.Draining.Duration, cutShort.Token);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _changes?.Dispose();
        _hangUp?.Dispose();
    }

    private IEnumerable<string> Warnings() => GatewayConfiguration.Warnings(options.Value, environment.IsDevelopment()).Concat(MergedLists.Warnings(configuration));

    /// <summary>A second stop signal cuts the drain short: the remaining connections are closed at once.</summary>
    private PosixSignalRegistration CutShortOn(PosixSignal signal, CancellationTokenSource cutShort) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        logger.StopAskedAgain(context.Signal);
        try
        {
            cutShort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The drain has just finished. An unhandled exception on a signal's thread would crash the process.
        }
    });

    /// <summary>A hangup reads the configuration again, as is usual for services; by default it would end the process and all connections.</summary>
    private void ReloadOn(PosixSignalContext context)
    {
        context.Cancel = true;
        logger.ReloadRequested(context.Signal);
        ((IConfigurationRoot)configuration).Reload();
    }

    /// <summary>One at a time: of two changes in a row, the later one stays in force.</summary>
    private void Reload()
    {
        lock (_reloading) ReloadLocked();
    }

    private void ReloadLocked()
    {
        try
        {
            var changed = GatewayConfiguration.Read(configuration, environment.IsDevelopment());
            engine.Reconfigure(changed);
            apiKeys.Configure(changed.Admin);
            options.Value = changed;
            host.Value.ShutdownTimeout = ShutdownTimeout;
            status.Accepted();
            _reloads!.Accepted(changed, Warnings());
        }
        catch (GatewayOptionsException e)
        {
            Refuse(e, PrintableText.From(e.Message, MaxErrorChars));
        }
        catch (Exception e)
        {
            // This runs in a watcher that would swallow the exception without logging it.
            Refuse(e, e.ToString());
        }
    }

    private void Refuse(Exception why, string text)
    {
        status.Refused(why);
        logger.ConfigurationRefused(text);
    }
}
