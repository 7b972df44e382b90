using System.Net;
using System.Net.Sockets;

namespace HeartbeatGateway.Redis.Tests.Channel;

/// <summary>
/// Between a node and Redis: from a moment on, connections that stand then no longer receive messages of pub/sub, but everything else. Later connections do.
/// </summary>
internal sealed class DeafProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopped = new();
    private readonly int _target;
    private readonly Task _running;
    private int _generation;

    public DeafProxy(int target)
    {
        _target = target;
        _listener.Start();
        _running = RunAsync();
    }

    public string EndPoint => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Messages that were kept back.</summary>
    public int Dropped;

    public void DeafenThoseThatStand() => Interlocked.Increment(ref _generation);

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Stop();
        await _running;
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopped.Token);
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _target);
                var generation = Volatile.Read(ref _generation);
                _ = CopyAsync(client, server, static _ => true);
                _ = CopyAsync(server, client, bytes => generation == Volatile.Read(ref _generation) || !IsPush(bytes));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private bool IsPush(ReadOnlyMemory<byte> bytes)
    {
        var isPush = bytes.Span.IndexOf("$7\r\nmessage\r\n"u8) >= 0;
        if (isPush) Interlocked.Increment(ref Dropped);
        return isPush;
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, Func<ReadOnlyMemory<byte>, bool> passes)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stopped.Token) is var count and > 0)
            {
                if (passes(buffer.AsMemory(0, count))) await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stopped.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One side has ended.
        }

        from.Dispose();
        to.Dispose();
    }
}
