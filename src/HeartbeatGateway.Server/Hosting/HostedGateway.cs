using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace HeartbeatGateway.Server.Hosting;

/// <summary>Runs the gateway with its host: starts it, passes changed configuration on, drains it before the host's servers stop.</summary>
internal sealed class HostedGateway(IGatewayControl gateway, GatewayOptions options, IConfiguration configuration, ILogger logger) : IHostedLifecycleService, IDisposable
{
    private readonly Lock _lock = new();
    private TimeSpan _drain = options.Draining.Duration;
    private IDisposable? _changes;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        gateway.Start();
        _changes = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _changes?.Dispose();
        return gateway.StopAsync(_drain, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _changes?.Dispose();

    private void Reload()
    {
        // One at a time: the latest configuration stays in force.
        lock (_lock)
        {
            try
            {
                var changed = GatewayOptions.Read(configuration);
                gateway.Reconfigure(changed);
                _drain = changed.Draining.Duration;
                logger.OptionsReloaded();
            }
            catch (GatewayOptionsException e)
            {
                logger.OptionsRefused(e.Message);
            }
        }
    }
}
