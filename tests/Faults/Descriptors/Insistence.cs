using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Descriptors;

/// <summary>Strangers who want in: each keeps the connection that it gets, and tries again after a pause when it is turned away.</summary>
internal sealed class Insistence : IAsyncDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly EndPoint _gateway;
    private readonly TimeSpan _pause;
    private readonly CrowdClient?[] _clients;
    private readonly Task[] _trying;
    private long _attempts;

    /// <param name="gateway">Where to.</param>
    /// <param name="strangers">How many.</param>
    /// <param name="pause">Before each tries again; a second when not given.</param>
    public Insistence(EndPoint gateway, int strangers, TimeSpan? pause = null)
    {
        _pause = pause ?? TimeSpan.FromSeconds(1);
        _gateway = gateway;
        _clients = new CrowdClient?[strangers];
        _trying = [.. Enumerable.Range(0, strangers).Select(i => Task.Run(() => TryAsync(i)))];
    }

    /// <summary>Connections that were tried.</summary>
    public long Attempts => Interlocked.Read(ref _attempts);

    /// <summary>Strangers who have been answered and are still there.</summary>
    public int Served => _clients.Count(c => c is { Frames: > 0, End: CrowdEnd.StillOpen });

    /// <summary>All stop trying, and leave.</summary>
    public async Task LeaveAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_trying);
        foreach (var client in _clients) client?.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        _stop.Dispose();
    }

    private async Task TryAsync(int stranger)
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = new CrowdClient();
            _clients[stranger] = client;
            try
            {
                Interlocked.Increment(ref _attempts);
                await client.ConnectAsync(_gateway);
                await client.PingAsync();
                await client.Ended.WaitAsync(_stop.Token);
            }
            catch (SocketException)
            {
                // Turned away so quickly that the connect itself noticed.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            client.Dispose();
            await Task.Delay(_pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
