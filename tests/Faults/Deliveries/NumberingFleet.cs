using System.Net;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>Clients of the client library that each send a number of messages and wait for the acknowledgement of each.</summary>
internal sealed class NumberingFleet : IAsyncDisposable
{
    /// <summary>Messages that a client sends without an acknowledgement.</summary>
    private const int Window = 16;

    private readonly GatewayClient[] _clients;
    private readonly long[] _acknowledged;
    private readonly int _messages;
    private long _total;

    public NumberingFleet(IPEndPoint gateway, int clients, int messages)
    {
        _messages = messages;
        _acknowledged = new long[clients];
        var options = new GatewayClientOptions
        {
            Endpoints = [gateway],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            Acknowledgements = true,
            InitialJitter = TimeSpan.FromSeconds(2),
            BackoffMax = TimeSpan.FromSeconds(3),
        };
        _clients = [.. Enumerable.Range(0, clients).Select(i => new GatewayClient(options with { ClientId = NameOf(i) }))];
    }

    /// <summary>Messages acknowledged so far, of all clients.</summary>
    public long Acknowledged => Interlocked.Read(ref _total);

    public static string NameOf(int client) => $"sender-{client:0000}";

    /// <summary>How many messages of a client are acknowledged.</summary>
    public long AcknowledgedOf(int client) => Volatile.Read(ref _acknowledged[client]);

    /// <summary>Sends all messages. Completes when all are acknowledged.</summary>
    public Task SendAllAsync(CancellationToken cancellation) => Task.WhenAll(Enumerable.Range(0, _clients.Length).Select(i => SendAsync(i, cancellation)));

    public async ValueTask DisposeAsync() => await Task.WhenAll(_clients.Select(c => c.DisposeAsync().AsTask()));

    private async Task SendAsync(int index, CancellationToken cancellation)
    {
        await Task.Yield();
        var client = _clients[index];
        client.Start();
        var unacknowledged = new Queue<Task>();
        for (var message = 1; message <= _messages; message++)
        {
            if (unacknowledged.Count == Window) await NextAsync();
            unacknowledged.Enqueue(client.SendAcknowledgedAsync("message", BitConverter.GetBytes(message), cancellation));
        }

        while (unacknowledged.Count > 0) await NextAsync();

        async Task NextAsync()
        {
            await unacknowledged.Dequeue().WaitAsync(cancellation);
            Interlocked.Increment(ref _acknowledged[index]);
            Interlocked.Increment(ref _total);
        }
    }
}
