using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>A connection that a client of the fleet has lost.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Node">Where it was connected.</param>
/// <param name="End">How it ended.</param>
internal sealed record LostConnection(string ClientId, EndPoint? Node, DisconnectInfo End);

/// <summary>Clients of the client library that may connect to any node, with a record of what happened to them.</summary>
internal sealed class FleetLoad : IAsyncDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ConcurrentQueue<LostConnection> _lost = new();
    private readonly ConcurrentQueue<TimeSpan> _gaps = new();
    private readonly ConcurrentDictionary<int, int> _connects = new();
    private readonly ConcurrentDictionary<string, int> _received = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _acknowledged = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly CancellationTokenSource _stopSending = new();
    private readonly List<Task> _reading = [];
    private readonly long _began;
    private Task _sending = Task.CompletedTask;
    private int _connected;
    private long _reconnects;

    /// <param name="nodes">Where the clients may connect to.</param>
    /// <param name="clients">The number of clients.</param>
    /// <param name="prefix">What their ids begin with.</param>
    /// <param name="change">Changes the options of all clients.</param>
    public FleetLoad(IReadOnlyList<IPEndPoint> nodes, int clients, string prefix = "fleet", Func<GatewayClientOptions, GatewayClientOptions>? change = null)
    {
        Prefix = prefix;
        _began = _time.GetTimestamp();
        var options = new GatewayClientOptions
        {
            Endpoints = [.. nodes],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            Acknowledgements = true,
            Heartbeat = TimeSpan.FromSeconds(2),
            ServerTimeout = TimeSpan.FromSeconds(5),
            ConnectTimeout = TimeSpan.FromSeconds(2),
            BackoffMax = TimeSpan.FromSeconds(3),
        };
        if (change is not null) options = change(options);
        Clients = [.. Enumerable.Range(0, clients).Select(i => Start(options with { ClientId = NameOf(i) }))];
    }

    public string Prefix { get; }

    public IReadOnlyList<GatewayClient> Clients { get; }

    public int Connected => Volatile.Read(ref _connected);

    /// <summary>Connections that were lost.</summary>
    public IReadOnlyCollection<LostConnection> Lost => _lost;

    /// <summary>Welcomes that named a client a reconnect.</summary>
    public long Reconnects => Interlocked.Read(ref _reconnects);

    /// <summary>For how long clients were not connected, in order; each time counts.</summary>
    public IReadOnlyList<TimeSpan> Gaps => [.. _gaps.Order()];

    /// <summary>What must never happen, such as a generation that fell.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Contents of the messages that a gateway has acknowledged.</summary>
    public ICollection<string> Acknowledged => _acknowledged.Keys;

    /// <summary>Whole seconds since the start.</summary>
    public int Second => (int)_time.GetElapsedTime(_began).TotalSeconds;

    public string NameOf(int client) => $"{Prefix}-{client:0000}";

    /// <summary>Welcomes in each second of a range.</summary>
    public IReadOnlyList<int> Connects(int from, int to) => [.. Enumerable.Range(from, Math.Max(0, to - from)).Select(s => _connects.GetValueOrDefault(s))];

    /// <summary>How many clients have received this message.</summary>
    public int ReceiversOf(string text) => _received.GetValueOrDefault(text);

    /// <summary>The clients that are connected to a node now.</summary>
    public IEnumerable<string> ConnectedTo(GatewayNode node) => Clients
        .Select((c, i) => (c.State, Name: NameOf(i)))
        .Where(c => c.State.Status == GatewayClientStatus.Connected && node.EndPoint.Equals(c.State.Endpoint))
        .Select(c => c.Name);

    public Task ConnectAsync(TimeSpan? within = null) => Waiting.UntilAsync(
        () => Connected == Clients.Count, () => $"{Connected} of {Clients.Count} clients are connected", within ?? TimeSpan.FromSeconds(60));

    /// <summary>Each client sends one numbered message after another from now on, with a pause between them.</summary>
    public void StartSending(TimeSpan pause) => _sending = Task.WhenAll(Clients.Select((c, i) => SendAsync(c, NameOf(i), pause)));

    /// <summary>Stops sending, and waits for the acknowledgements of what is on its way.</summary>
    public async Task StopSendingAsync()
    {
        await _stopSending.CancelAsync();
        await _sending.WaitAsync(TimeSpan.FromSeconds(60), _time);
    }

    public void AssertNoFault() => Assert.Empty(_faults);

    public async ValueTask DisposeAsync()
    {
        await _stopSending.CancelAsync();
        await Task.WhenAll(Clients.Select(c => c.DisposeAsync().AsTask()));
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_reading);
        _stopSending.Dispose();
    }

    private GatewayClient Start(GatewayClientOptions options)
    {
        var client = new GatewayClient(options);
        var record = new ClientRecord();
        client.StateChanged += (_, state) => Note(options.ClientId!, record, state);
        client.Start();
        _reading.Add(ReadAsync(client));
        return client;
    }

    private void Note(string clientId, ClientRecord record, GatewayClientState state)
    {
        var isConnected = state.Status == GatewayClientStatus.Connected;
        if (isConnected == record.IsConnected) return;
        record.IsConnected = isConnected;
        if (!isConnected)
        {
            Interlocked.Decrement(ref _connected);
            record.LostAt = _time.GetTimestamp();
            if (state.LastDisconnect is { Kind: not DisconnectKind.Disposed } end) _lost.Enqueue(new LostConnection(clientId, record.Node, end));
            return;
        }

        Interlocked.Increment(ref _connected);
        _connects.AddOrUpdate(Second, 1, static (_, n) => n + 1);
        if (record.LostAt != 0) _gaps.Enqueue(_time.GetElapsedTime(record.LostAt));
        if (state.Reconnected) Interlocked.Increment(ref _reconnects);
        if (state.Generation <= record.Generation)
            _faults.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{clientId} had generation {record.Generation}, and got {state.Generation} from {state.Endpoint}."));
        (record.Generation, record.Node) = (state.Generation ?? 0, state.Endpoint);
    }

    private async Task SendAsync(GatewayClient client, string name, TimeSpan pause)
    {
        await Task.Yield();
        for (var number = 1; !_stopSending.IsCancellationRequested; number++)
        {
            var content = string.Create(CultureInfo.InvariantCulture, $"{name} {number}");
            await client.SendAcknowledgedAsync("message", Encoding.UTF8.GetBytes(content), CancellationToken.None);
            _acknowledged[content] = true;
            await Task.Delay(pause, _time, _stopSending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(GatewayClient client)
    {
        await foreach (var message in client.ReadMessagesAsync()) _received.AddOrUpdate(Encoding.UTF8.GetString(message.Content.Span), 1, static (_, n) => n + 1);
    }

    /// <summary>What the fleet remembers of one client; written by the client's events, one after another.</summary>
    private sealed class ClientRecord
    {
        public bool IsConnected { get; set; }

        public long Generation { get; set; }

        public EndPoint? Node { get; set; }

        public long LostAt { get; set; }
    }
}
