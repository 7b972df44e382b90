using Microsoft.Extensions.Hosting;

namespace HeartbeatGateway.Client;

/// <summary>Starts the client with its host, and says goodbye when the host stops.</summary>
internal sealed class GatewayClientHost(GatewayClient client) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        client.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => client.DisposeAsync().AsTask().WaitAsync(cancellationToken);
}
