using System.Net;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>Many plain clients in this process. They ping at their interval for as long as they are told to.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    /// <summary>Connects under way at once.</summary>
    private const int Connecting = 200;

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly CrowdClient[] _clients;
    private Task _beating = Task.CompletedTask;

    private Crowd(int clients) => _clients = [.. Enumerable.Range(0, clients).Select(_ => new CrowdClient())];

    public IReadOnlyList<CrowdClient> Clients => _clients;

    /// <summary>Clients whose connections have ended.</summary>
    public IEnumerable<CrowdClient> Gone => _clients.Where(c => c.End != CrowdEnd.StillOpen);

    /// <summary>Connects clients, each of which pings once; the answers are not waited for.</summary>
    /// <param name="gateway">Where to.</param>
    /// <param name="clients">How many.</param>
    /// <param name="first">What each sends first, instead of a ping.</param>
    /// <param name="beat">The interval at which each pings from then on, while others still connect; null for none, until <see cref="Beat"/>.</param>
    /// <param name="reads">False for clients that never read.</param>
    /// <param name="connectors">How many connects are under way at once.</param>
    public static async Task<Crowd> ConnectAsync(EndPoint gateway, int clients, Func<CrowdClient, int, Task>? first = null, TimeSpan? beat = null, bool reads = true, int connectors = Connecting)
    {
        var crowd = new Crowd(clients);
        if (beat is { } interval) crowd.StartHeartbeats(interval);
        await Parallel.ForAsync(0, clients, new ParallelOptions { MaxDegreeOfParallelism = connectors }, async (i, _) =>
        {
            await crowd._clients[i].ConnectAsync(gateway, reads);
            await (first is null ? crowd._clients[i].PingAsync() : first(crowd._clients[i], i));
        });
        return crowd;
    }

    /// <summary>From now on each client pings at an interval: those that are here spread evenly over it, later ones an interval after their first bytes.</summary>
    public void Beat(TimeSpan interval)
    {
        var (began, units) = (_time.GetTimestamp(), interval.Ticks * _time.TimestampFrequency / TimeSpan.TicksPerSecond);
        var due = _clients.Select((c, i) => c.LastSent == 0 ? 0 : began + (i * units / _clients.Length)).ToArray();
        _beating = Task.Run(async () =>
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

    /// <summary>Fails when a client has been closed; and when this process let one be silent for too long itself, since then nothing was shown.</summary>
    /// <param name="limit">The gateway's limit of silence.</param>
    public void AssertAllOpen(TimeSpan limit)
    {
        var silence = _clients.Max(c => c.LongestSilence);
        if (silence >= limit) throw new InvalidOperationException($"This process is too slow for the test: one of its clients was silent for {silence.TotalSeconds:0.00} s.");
        var gone = Gone.ToList();
        if (gone.Count == 0) return;
        throw new InvalidOperationException(
            $"{gone.Count} of {_clients.Length} clients were closed though they pinged in time, {gone.Count(c => c.Frames == 0)} of them without an answer. "
            + $"The first, {_time.GetElapsedTime(gone[0].LastSent, gone[0].EndedAt).TotalSeconds:0.000} s after its last ping, had received {gone[0].Frames} frames.");
    }

    /// <summary>Waits until every client has received so many frames, or has ended.</summary>
    public async Task WaitForFramesAsync(long frames, TimeSpan within)
    {
        var began = _time.GetTimestamp();
        while (_clients.Count(c => c.Frames < frames && c.End == CrowdEnd.StillOpen) is > 0 and var missing)
        {
            if (_time.GetElapsedTime(began) > within) throw new TimeoutException($"{missing} of {_clients.Length} clients have not received {frames} frames after {within.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), _time);
        }
    }

    /// <summary>All stop pinging and close their connections.</summary>
    public async Task CloseAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        foreach (var client in _clients) client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _stop.Dispose();
    }
}
