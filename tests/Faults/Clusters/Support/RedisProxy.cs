using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>
/// Stands between a gateway and Redis. It can make the gateway's subscriptions deaf: messages of channels are dropped, everything else passes, so the connection
/// looks healthy to both ends.
/// </summary>
internal sealed class RedisProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _redis;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;
    private long _dropped;
    private volatile int _deafUpTo;

    public RedisProxy(RedisServer redis)
    {
        _redis = new IPEndPoint(redis.Address, redis.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The proxy as the setting <c>Gateway:Redis:Configuration</c> names it.</summary>
    public string Configuration => $"{_listener.LocalEndpoint}";

    /// <summary>Messages that did not reach the gateway.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>From now on no connection that stands delivers messages of channels. Later connections do.</summary>
    public void Deafen() => _deafUpTo = Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var gateway = await _listener.AcceptSocketAsync(_stop.Token);
            _ = ForwardAsync(gateway, Interlocked.Increment(ref _connections));
        }
    }

    private async Task ForwardAsync(Socket gateway, int number)
    {
        using var near = gateway;
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        try
        {
            await far.ConnectAsync(_redis, _stop.Token);
            await Task.WhenAny(CopyAsync(near, far), FilterAsync(far, near, number));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Redis is away, or the test has ended: both sockets are closed.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var read) await SendAsync(to, buffer.AsMemory(0, read));
    }

    private async Task FilterAsync(Socket from, Socket to, int number)
    {
        var buffer = new byte[64 * 1024];
        var kept = 0;
        while (true)
        {
            if (kept == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            var read = await from.ReceiveAsync(buffer.AsMemory(kept), _stop.Token);
            if (read == 0) return;
            kept += read;
            var start = 0;
            while (start < kept && RespSplitter.LengthOfFirst(buffer.AsSpan(start..kept)) is > 0 and var length)
            {
                var value = buffer.AsMemory(start, length);
                if (number <= _deafUpTo && RespSplitter.IsChannelMessage(value.Span)) Interlocked.Increment(ref _dropped);
                else await SendAsync(to, value);
                start += length;
            }

            buffer.AsSpan(start..kept).CopyTo(buffer);
            kept -= start;
        }
    }

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[await to.SendAsync(bytes, _stop.Token)..];
    }
}
