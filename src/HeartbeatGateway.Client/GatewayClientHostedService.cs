using Microsoft.Extensions.Hosting;

namespace HeartbeatGateway.Client;

/// <summary>Starts a client with its host and disposes it when the host stops.</summary>
internal sealed class GatewayClientHostedService(GatewayClient client) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        client.Start();
        return Task.CompletedTask;
    }

    /// <summary>The graceful shutdown has its own time limit, so the host's token is not used.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => client.DisposeAsync().AsTask();
}
