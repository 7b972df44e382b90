using System.Net;
using System.Runtime.InteropServices;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Logging;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace HeartbeatGateway;

/// <summary>
/// Starts the engine with the host and lets the clients go before it stops: no new ones, then an end for each, while HTTP still
/// answers. Also carries changed configuration to the engine.
/// </summary>
internal sealed class GatewayLifetime(
    GatewayEngine engine,
    GatewayTransportFactory transport,
    ServiceOptions options,
    IConfiguration configuration,
    IHostEnvironment environment,
    IServer server,
    IOptions<HostOptions> host,
    ILogger<GatewayLifetime> logger) : IHostedLifecycleService, IDisposable
{
    private const int MaxErrorChars = 4096;
    private static readonly TimeSpan AfterDraining = TimeSpan.FromSeconds(10);

    private ServiceOptions _options = options;
    private IDisposable? _changes;

    private TimeSpan ShutdownTimeout => _options.Draining.Duration + AfterDraining;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        engine.Start();
        host.Value.ShutdownTimeout = ShutdownTimeout;
        foreach (var warning in GatewayConfiguration.Warnings(_options, environment.IsDevelopment())) logger.ConfigurationWarning(warning);
        _changes = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        foreach (var source in ((IConfigurationBuilder)configuration).Sources.OfType<JsonConfigurationSource>())
        {
            // A file that cannot be parsed raises no change itself; what it said before stays in force until another source changes.
            source.OnLoadException = context => logger.ConfigurationRefused($"{context.Exception.Message} {context.Exception.InnerException?.Message}");
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // The server takes every endpoint for HTTP; ours is the one that is not.
        var tcp = transport.Listener?.EndPoint as IPEndPoint;
        var http = server.Features.Get<IServerAddressesFeature>()?.Addresses.Where(a => BindingAddress.Parse(a).Port != tcp?.Port) ?? [];
        logger.GatewayStarted(ServiceMetrics.Version, $"{tcp}", string.Join(", ", http), _options.Tokens.Scheme);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _changes?.Dispose();
        transport.Listener?.Stop();
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminated = HurryOn(PosixSignal.SIGTERM, hurry);
        using var interrupted = HurryOn(PosixSignal.SIGINT, hurry);
        await engine.StopAsync(_options.Draining.Duration, hurry.Token);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _changes?.Dispose();

    /// <summary>Whoever asks a second time does not want to wait: what is left is ended at once.</summary>
    private PosixSignalRegistration HurryOn(PosixSignal signal, CancellationTokenSource hurry) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        logger.StopAskedAgain(context.Signal);
        try
        {
            hurry.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The draining came to its end just now; an exception on a signal's thread would end the process as a crash.
        }
    });

    private void Reload()
    {
        try
        {
            var changed = GatewayConfiguration.Read(configuration, environment.IsDevelopment());
            engine.Reconfigure(changed);
            _options = changed;
            host.Value.ShutdownTimeout = ShutdownTimeout;
            logger.ConfigurationReloaded();
        }
        catch (GatewayOptionsException e)
        {
            logger.ConfigurationRefused(PrintableText.From(e.Message, MaxErrorChars));
        }
        catch (Exception e)
        {
            // This runs in a watcher that would pass over it in silence.
            logger.ConfigurationRefused(e.ToString());
        }
    }
}
