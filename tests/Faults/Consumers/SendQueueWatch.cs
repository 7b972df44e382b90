using System.Collections.Concurrent;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Consumers;

/// <summary>
/// Watches from outside the gateway, in the kernel's TCP table, how its send queues fill up and when its connections end.
/// For a client that never reads, the first write blocks soon after the last growth of its queue.
/// </summary>
internal sealed class SendQueueWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, Connection> _connections;
    private readonly int _port;
    private readonly Task _watching;

    /// <param name="port">The gateway's port.</param>
    /// <param name="peers">The ports of the clients to watch.</param>
    public SendQueueWatch(int port, IEnumerable<int> peers)
    {
        _port = port;
        _connections = new(peers.Select(p => KeyValuePair.Create(p, new Connection())));
        _watching = Task.Run(RunAsync);
    }

    public int Open => _connections.Values.Count(c => c.EndedAt == 0);

    /// <summary>For each ended connection, the time from the last growth of its queue to its end.</summary>
    public IReadOnlyList<TimeSpan> FullFor =>
        [.. _connections.Values.Where(c => c.EndedAt != 0).Select(c => _time.GetElapsedTime(c.GrewAt, c.EndedAt)).Order()];

    /// <summary>The maximum number of bytes in the kernel's send queue of any of these connections.</summary>
    public long MostBytes => _connections.Values.Select(c => c.Most).DefaultIfEmpty().Max();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var now = _time.GetTimestamp();
            var queues = TcpTable.SendQueues(_port);
            foreach (var (peer, connection) in _connections)
            {
                if (connection.EndedAt != 0) continue;
                if (!queues.TryGetValue(peer, out var bytes)) connection.EndedAt = now;
                else if (bytes > connection.Most) (connection.Most, connection.GrewAt) = (bytes, now);
            }

            await Task.Delay(Interval, _time, CancellationToken.None);
        }
    }

    private sealed class Connection
    {
        public long Most { get; set; }

        public long GrewAt { get; set; }

        public long EndedAt { get; set; }
    }
}
