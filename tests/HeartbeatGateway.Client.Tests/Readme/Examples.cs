using HeartbeatGateway.Protocol.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Client.Tests.Readme;

/// <summary>The code of the package's README, line by line; a test compares them.</summary>
internal static class Examples
{
    public static async Task RunAsync(string gateway, string secret, CancellationToken cancellationToken)
    {
        await using var client = new GatewayClient(new GatewayClientOptions
        {
            Endpoints = [GatewayClientOptions.ParseEndpoint(gateway)],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret("k1", secret)] },
            ClientId = "pump-17",
        });
        client.StateChanged += (_, state) => Console.WriteLine($"{state.Status} {state.LastDisconnect?.Message}");
        await client.ConnectAsync(cancellationToken);
        await client.SendAsync("message", "ready"u8.ToArray(), cancellationToken);
        await foreach (var message in client.ReadMessagesAsync(cancellationToken))
        {
            Console.WriteLine($"{message.Type}: {message.Content.Length} bytes");
        }
    }

    public static async Task RunAcknowledgedAsync(string gateway, string secret, CancellationToken cancellationToken)
    {
        await using var client = new GatewayClient(new GatewayClientOptions
        {
            Endpoints = [GatewayClientOptions.ParseEndpoint(gateway)],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret("k1", secret)] },
            ClientId = "pump-18",
            Acknowledgements = true,
        });
        client.Start();
        try
        {
            var number = await client.SendAcknowledgedAsync("alarm", "pressure"u8.ToArray(), cancellationToken);
            Console.WriteLine($"message {number} has arrived");
        }
        catch (MessageNotAcknowledgedException e)
        {
            Console.WriteLine($"{e.Failure}, sent: {e.WasSent}: {e.Message}");
        }
    }

    public static void Register(IServiceCollection services, string gateway, string secret)
    {
        services.AddGatewayClient(_ => new GatewayClientOptions
        {
            Endpoints = [GatewayClientOptions.ParseEndpoint(gateway)],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret("k1", secret)] },
            ClientId = "pump-17",
        });
    }
}
