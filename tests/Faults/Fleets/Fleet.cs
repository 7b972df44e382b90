using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using HeartbeatGateway.Client;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Fleets;

/// <summary>Thousands of clients of the client library in this process, with a record of their attempts and disconnects.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly List<GatewayClient> _clients = [];
    private readonly ConcurrentDictionary<int, int> _attempts = new();
    private readonly ConcurrentBag<TimeSpan> _silences = [];
    private readonly StallWatch _watch = new();
    private readonly long _began;
    private int _connected;

    public Fleet(int clients, int port)
    {
        _began = _time.GetTimestamp();
        var options = new GatewayClientOptions
        {
            Endpoints = [new IPEndPoint(IPAddress.Loopback, port)],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            InitialJitter = TimeSpan.FromSeconds(10),
        };
        for (var i = 0; i < clients; i++)
        {
            var client = new GatewayClient(options with { ClientId = $"client-{i:00000}" });
            var wasConnected = false;
            client.StateChanged += (_, state) =>
            {
                if (state is { Status: GatewayClientStatus.Connecting, Endpoint: not null }) _attempts.AddOrUpdate(Second, 1, static (_, n) => n + 1);
                var isConnected = state.Status == GatewayClientStatus.Connected;
                if (isConnected && !wasConnected) Interlocked.Increment(ref _connected);
                if (!isConnected && wasConnected) Interlocked.Decrement(ref _connected);
                if (wasConnected && state.LastDisconnect is { Kind: DisconnectKind.Dead, Silence: { } silence }) _silences.Add(silence);
                wasConnected = isConnected;
            };
            _clients.Add(client);
        }
    }

    /// <summary>Whole seconds since the fleet was created.</summary>
    public int Second => (int)_time.GetElapsedTime(_began).TotalSeconds;

    public int Connected => Volatile.Read(ref _connected);

    /// <summary>For each client that detected a dead gateway, how long it had received nothing.</summary>
    public IReadOnlyCollection<TimeSpan> Silences => _silences;

    /// <summary>The peak resident memory of this process, in MiB.</summary>
    public static double PeakMemory
    {
        get
        {
            var line = File.ReadLines("/proc/self/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
    }

    public void Start() => _clients.ForEach(c => c.Start());

    /// <summary>Connection attempts in each second of a range.</summary>
    public IReadOnlyList<int> Attempts(int from, int to) => [.. Enumerable.Range(from, to - from).Select(s => _attempts.GetValueOrDefault(s))];

    /// <summary>The longest pause of this process in a range of seconds.</summary>
    public TimeSpan LongestPause(int from, int to) =>
        _watch.Longest(_began + (from * _time.TimestampFrequency), _began + (to * _time.TimestampFrequency));

    public async Task ReachAsync(int connected, TimeSpan within)
    {
        var from = _time.GetTimestamp();
        while (Connected != connected)
        {
            if (_time.GetElapsedTime(from) > within) throw new TimeoutException($"{Connected} of {connected} clients are connected after {within.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), _time);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        await Task.WhenAll(_clients.Select(c => c.DisposeAsync().AsTask()));
    }
}
