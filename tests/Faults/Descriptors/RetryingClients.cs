using System.Net.Sockets;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Descriptors;

/// <summary>Clients that keep trying to connect: each keeps its connection once accepted, and tries again after a pause when it is rejected.</summary>
internal sealed class RetryingClients : IAsyncDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly ClientPort _gateway;
    private readonly TimeSpan _pause;
    private readonly CrowdClient?[] _clients;
    private readonly Task[] _trying;
    private long _attempts;

    /// <param name="gateway">Where to connect to.</param>
    /// <param name="count">The number of clients.</param>
    /// <param name="pause">The pause before each retry; 1 s by default.</param>
    public RetryingClients(ClientPort gateway, int count, TimeSpan? pause = null)
    {
        _pause = pause ?? TimeSpan.FromSeconds(1);
        _gateway = gateway;
        _clients = new CrowdClient?[count];
        _trying = [.. Enumerable.Range(0, count).Select(i => Task.Run(() => TryAsync(i)))];
    }

    /// <summary>Connection attempts so far.</summary>
    public long Attempts => Interlocked.Read(ref _attempts);

    /// <summary>Clients that have been answered and are still connected.</summary>
    public int Served => _clients.Count(c => c is { Frames: > 0, End: CrowdEnd.StillOpen });

    /// <summary>Stops all attempts and closes all connections.</summary>
    public async Task CloseAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_trying);
        foreach (var client in _clients) client?.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _stop.Dispose();
    }

    private async Task TryAsync(int index)
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = new CrowdClient();
            _clients[index] = client;
            try
            {
                Interlocked.Increment(ref _attempts);
                await client.ConnectAsync(_gateway);
                await client.PingAsync();
                await client.Ended.WaitAsync(_stop.Token);
            }
            catch (SocketException)
            {
                // Rejected so early that the connect itself failed.
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
