namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>Many plain clients in this process, which send heartbeats until they are closed.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    /// <summary>The number of connects in progress at the same time.</summary>
    private const int Connecting = 200;

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly CrowdClient[] _clients;
    private Task _heartbeats = Task.CompletedTask;

    private Crowd(int clients) => _clients = [.. Enumerable.Range(0, clients).Select(_ => new CrowdClient())];

    public IReadOnlyList<CrowdClient> Clients => _clients;

    /// <summary>Clients whose connections have ended.</summary>
    public IEnumerable<CrowdClient> Disconnected => _clients.Where(c => c.End != CrowdEnd.StillOpen);

    /// <summary>Connects the clients, each of which sends one ping. Does not wait for the answers.</summary>
    /// <param name="gateway">Where to connect to.</param>
    /// <param name="clients">The number of clients.</param>
    /// <param name="first">What each client sends first, instead of a ping.</param>
    /// <param name="heartbeat">
    /// The interval at which each client pings once it is connected, while others still connect; null for no heartbeats until
    /// <see cref="StartHeartbeats"/>.
    /// </param>
    /// <param name="reads">False for clients that never read.</param>
    /// <param name="connectors">The number of connects in progress at the same time.</param>
    public static async Task<Crowd> ConnectAsync(
        ClientPort gateway, int clients, Func<CrowdClient, int, Task>? first = null, TimeSpan? heartbeat = null, bool reads = true, int connectors = Connecting)
    {
        var crowd = new Crowd(clients);
        if (heartbeat is { } interval) crowd.StartHeartbeats(interval);
        await Parallel.ForAsync(0, clients, new ParallelOptions { MaxDegreeOfParallelism = connectors }, async (i, _) =>
        {
            await crowd._clients[i].ConnectAsync(gateway, reads);
            await (first is null ? crowd._clients[i].PingAsync() : first(crowd._clients[i], i));
        });
        return crowd;
    }

    /// <summary>
    /// From now on each client pings at an interval. Connected clients are spread evenly over the interval; later clients start one interval
    /// after their first bytes.
    /// </summary>
    public void StartHeartbeats(TimeSpan interval)
    {
        var (began, units) = (_time.GetTimestamp(), interval.Ticks * _time.TimestampFrequency / TimeSpan.TicksPerSecond);
        var due = _clients.Select((c, i) => c.LastSent == 0 ? 0 : began + (i * units / _clients.Length)).ToArray();
        _heartbeats = Task.Run(async () =>
        {
            for (; !_stop.IsCancellationRequested; await Task.Delay(TimeSpan.FromMilliseconds(10), _time))
            {
                for (var i = 0; i < _clients.Length; i++)
                {
                    if (due[i] == 0 && _clients[i].LastSent is not 0 and var first) due[i] = first + units;
                    if (due[i] == 0 || _time.GetTimestamp() < due[i]) continue;
                    due[i] += units;
                    await _clients[i].PingAsync();
                }
            }
        });
    }

    /// <summary>
    /// Fails when a client was closed that pinged in time. A client for which this process was too slow to ping in time proves nothing when it is closed. When
    /// any is closed, nine of ten clients must have pinged in time.
    /// </summary>
    /// <param name="limit">The gateway's idle timeout.</param>
    /// <returns>How many clients were closed because this process did not ping in time.</returns>
    public int AssertAllOpen(TimeSpan limit)
    {
        // The list comes first: a client that is closed after it was made is not judged.
        var disconnected = Disconnected.ToList();
        if (disconnected.Count == 0) return 0;
        var late = _clients.Count(c => SilenceOf(c) >= limit);
        if (late > _clients.Length / 10)
        {
            throw new InvalidOperationException(
                $"This process is too slow for the test: {late} of {_clients.Length} clients did not ping in time, "
                + $"one not for {_clients.Max(SilenceOf).TotalSeconds:0.00} s.");
        }

        var closed = disconnected.Where(c => SilenceOf(c) < limit).ToList();
        if (closed.Count == 0) return disconnected.Count;
        throw new InvalidOperationException(
            $"{closed.Count} of {_clients.Length} clients were closed although they pinged in time, "
            + $"{closed.Count(c => c.Frames == 0)} of them without an answer. "
            + $"The first was closed {_time.GetElapsedTime(closed[0].LastSent, closed[0].EndedAt).TotalSeconds:0.000} s after its last ping; "
            + $"it had received {closed[0].Frames} frames.");
    }

    /// <summary>The longest time for which a client sent nothing, that before its end included.</summary>
    private TimeSpan SilenceOf(CrowdClient client)
    {
        if (client.End == CrowdEnd.StillOpen || client.LastSent == 0) return client.LongestSilence;
        var last = _time.GetElapsedTime(client.LastSent, client.EndedAt);
        return last > client.LongestSilence ? last : client.LongestSilence;
    }

    /// <summary>Waits until every client has received so many frames or has disconnected.</summary>
    public async Task WaitForFramesAsync(long frames, TimeSpan within)
    {
        var began = _time.GetTimestamp();
        while (_clients.Count(c => c.Frames < frames && c.End == CrowdEnd.StillOpen) is > 0 and var missing)
        {
            if (_time.GetElapsedTime(began) > within)
            {
                throw new TimeoutException($"{missing} of {_clients.Length} clients have not received {frames} frames after {within.TotalSeconds} s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), _time);
        }
    }

    /// <summary>Stops all heartbeats and closes all connections.</summary>
    public async Task CloseAsync()
    {
        await _stop.CancelAsync();
        await _heartbeats;
        foreach (var client in _clients) client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _stop.Dispose();
    }
}
