using Microsoft.Extensions.Hosting;

namespace HeartbeatGateway.Client;

/// <summary>
/// Starts a client with its host and disposes it when the host stops. With <see cref="GatewayClientOptions.StopHostWhenClosed"/> it stops the
/// host when the gateway has ended the client permanently.
/// </summary>
internal sealed class GatewayClientHostedService(GatewayClient client, IHostApplicationLifetime? lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        client.Start();
        if (client.StopsHost && lifetime is not null) _ = StopHostAsync(lifetime);
        return Task.CompletedTask;
    }

    /// <summary>The graceful shutdown has its own time limit, so the host's token is not used.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => client.DisposeAsync().AsTask();

    private async Task StopHostAsync(IHostApplicationLifetime host)
    {
        try
        {
            await client.Completion.ConfigureAwait(false);
        }
        catch (GatewayClosedException)
        {
            client.LogStoppingHost();
            host.StopApplication();
        }
    }
}
