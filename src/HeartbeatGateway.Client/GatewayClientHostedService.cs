using Microsoft.Extensions.Hosting;

namespace HeartbeatGateway.Client;

/// <summary>Ties a client's life to its host's.</summary>
internal sealed class GatewayClientHostedService(GatewayClient client) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        client.Start();
        return Task.CompletedTask;
    }

    /// <summary>The goodbye has a time limit of its own, so the host's is not looked at.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => client.DisposeAsync().AsTask();
}
