using System.Collections.Concurrent;
using System.Net;
using System.Text;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>Clients of the client library that note what is pushed to them. Each can be ended and started again, as a new program with the same client id.</summary>
internal sealed class ReceivingFleet : IAsyncDisposable
{
    private readonly GatewayClientOptions _options;
    private readonly GatewayClient[] _clients;
    private readonly List<Task> _reading = [];
    private readonly ConcurrentDictionary<string, bool> _received = new(StringComparer.Ordinal);
    private int _repeated;

    public ReceivingFleet(IPEndPoint gateway, int clients)
    {
        _options = new GatewayClientOptions
        {
            Endpoints = [gateway],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            Acknowledgements = true,
            InitialJitter = TimeSpan.FromSeconds(1),
            BackoffMax = TimeSpan.FromSeconds(3),
        };
        _clients = [.. Enumerable.Range(0, clients).Select(Start)];
    }

    public static string NameOf(int client) => $"receiver-{client:000}";

    /// <summary>True when a push with this content has reached a program of its client.</summary>
    public bool Has(string content) => _received.ContainsKey(content);

    /// <summary>Pushes that reached one program more than once.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    public Task ConnectAsync() => Task.WhenAll(_clients.Select(c => c.ConnectAsync()));

    /// <summary>Ends the program of a client and starts another one.</summary>
    public async Task RestartAsync(int client)
    {
        await _clients[client].DisposeAsync();
        _clients[client] = Start(client);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_clients.Select(c => c.DisposeAsync().AsTask()));
        await Task.WhenAll(_reading);
    }

    private GatewayClient Start(int index)
    {
        var client = new GatewayClient(_options with { ClientId = NameOf(index) });
        client.Start();
        _reading.Add(ReadAsync(client));
        return client;
    }

    private async Task ReadAsync(GatewayClient client)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var message in client.ReadMessagesAsync())
        {
            var content = Encoding.UTF8.GetString(message.Content.Span);
            _received[content] = true;
            if (!seen.Add(content)) Interlocked.Increment(ref _repeated);
        }
    }
}
