using System.Net;
using System.Net.Sockets;

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>A TCP relay in front of a gateway. A test cuts its connections after any number of bytes, and takes it off the network.</summary>
internal sealed class CutRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<long> _cuts;
    private readonly Lock _lock = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Task _accepting;
    private int _target;

    /// <summary>Starts a relay.</summary>
    /// <param name="target">The port of the gateway.</param>
    /// <param name="cuts">After how many bytes of the client the first connection is cut, the second, and so on. Later ones are not cut.</param>
    public CutRelay(int target, params long[] cuts)
    {
        _target = target;
        _cuts = new Queue<long>(cuts);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends all connections, and each new one at once, until <see cref="Connect"/>.</summary>
    public void Disconnect()
    {
        Volatile.Write(ref _target, 0);
        lock (_lock)
        {
            foreach (var socket in _open) socket.Dispose();
        }
    }

    public void Connect(int target) => Volatile.Write(ref _target, target);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        Disconnect();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync(_stopping.Token);
            var cut = _cuts.TryDequeue(out var bytes) ? bytes : long.MaxValue;
            _ = RelayAsync(client, cut);
        }
    }

    private async Task RelayAsync(Socket client, long cut)
    {
        using var gateway = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var accepted = client;
        try
        {
            if (Volatile.Read(ref _target) is var target && target == 0) return;
            lock (_lock) _open.UnionWith([client, gateway]);
            await gateway.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target), _stopping.Token);
            await Task.WhenAny(CopyAsync(client, gateway, cut), CopyAsync(gateway, client, long.MaxValue));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The gateway is not there, or the test has taken the relay off.
        }
        finally
        {
            lock (_lock) _open.ExceptWith([client, gateway]);
        }
    }

    /// <summary>Copies until the end of a stream, or a number of bytes: what remains of them is sent, so that a frame can arrive in part.</summary>
    private async Task CopyAsync(Socket from, Socket to, long count)
    {
        var buffer = new byte[4096];
        try
        {
            while (count > 0 && await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), _stopping.Token) is > 0 and var read)
            {
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stopping.Token);
                count -= read;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One of the two is gone.
        }
    }
}
