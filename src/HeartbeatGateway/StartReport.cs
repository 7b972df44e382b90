using System.Net;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace HeartbeatGateway;

/// <summary>Logs what is in force when the endpoints are bound: the addresses, the limits, and settings that cannot have their effect.</summary>
internal sealed class StartReport(
    GatewayTransportFactory transport, ServiceOptions options, IConfiguration configuration, IServer server, ILogger<StartReport> logger)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // The limits come first: the line about the endpoints is the last one of a start.
        var limits = EffectiveLimits.Of(options);
        logger.LimitsInForce($"{limits}");
        foreach (var warning in PlatformSettings.Warnings(configuration).Concat(limits.FindUnreachable())) logger.ConfigurationWarning(warning);

        // The server lists every endpoint as HTTP. The client endpoint is the one that is not, so it is left out by its port.
        var tcp = transport.Listener?.EndPoint as IPEndPoint;
        var http = server.Features.Get<IServerAddressesFeature>()?.Addresses.Where(a => BindingAddress.Parse(a).Port != tcp?.Port) ?? [];
        logger.GatewayStarted(ServiceMetrics.Version, $"{tcp}", string.Join(", ", http), options.Tokens.Scheme);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
