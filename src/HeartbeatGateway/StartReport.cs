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

        // The server lists every endpoint as HTTP. The endpoints for clients are those that are not, so they are left out by their ports.
        var tcp = transport.Listener?.EndPoint as IPEndPoint;
        var webSocket = transport.WebSocketListener?.EndPoint as IPEndPoint;
        var http = server.Features.Get<IServerAddressesFeature>()?.Addresses.Where(a => BindingAddress.Parse(a).Port is var port && port != tcp?.Port && port != webSocket?.Port) ?? [];
        if (webSocket is not null) logger.WebSocketsAccepted($"{(options.Tls.IsOn() ? "wss" : "ws")}://{webSocket}{options.WebSocket.Path}", OriginsText());
        if (options.Redis.Parsed is { } redis) logger.ClusterNodeStarted(redis.NodeName, redis.Prefix);
        logger.GatewayStarted(ServiceMetrics.Version, $"{tcp}", string.Join(", ", http), options.Tokens.Scheme);
        return Task.CompletedTask;
    }

    private string OriginsText() => options.WebSocket.AllowedOrigins.Count == 0 ? "none" : string.Join(", ", options.WebSocket.AllowedOrigins);

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
