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
    /// <param name="reads">False for clients that never read.</param>
    public static async Task<Crowd> ConnectAsync(EndPoint gateway, int clients, Func<CrowdClient, int, Task>? first = null, bool reads = true)
    {
        var crowd = new Crowd(clients);
        await Parallel.ForAsync(0, clients, new ParallelOptions { MaxDegreeOfParallelism = Connecting }, async (i, _) =>
        {
            await crowd._clients[i].ConnectAsync(gateway, reads);
            await (first is null ? crowd._clients[i].PingAsync() : first(crowd._clients[i], i));
        });
        return crowd;
    }

    /// <summary>From now on each client pings at an interval, all of them spread evenly over it.</summary>
    public void Beat(TimeSpan interval)
    {
        var began = _time.GetTimestamp();
        _beating = Task.Run(async () =>
        {
            for (long next = 0; !_stop.IsCancellationRequested; await Task.Delay(TimeSpan.FromMilliseconds(10), _time))
            {
                for (var due = (long)(_time.GetElapsedTime(began) / interval * _clients.Length); next < due; next++) await _clients[next % _clients.Length].PingAsync();
            }
        });
    }

    /// <summary>Waits until every client has received so many frames, or has ended.</summary>
    public async Task HeardAsync(long frames, TimeSpan within)
    {
        var began = _time.GetTimestamp();
        while (_clients.Count(c => c.Frames < frames && c.End == CrowdEnd.StillOpen) is > 0 and var missing)
        {
            if (_time.GetElapsedTime(began) > within) throw new TimeoutException($"{missing} of {_clients.Length} clients have not received {frames} frames after {within.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), _time);
        }
    }

    /// <summary>All stop pinging and close their connections.</summary>
    public async Task LeaveAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        foreach (var client in _clients) client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        _stop.Dispose();
    }
}
