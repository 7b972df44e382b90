using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Hostile;
using HeartbeatGateway.Faults.Tests.Stalls;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Soak;

/// <summary>
/// A load of all kinds of clients, well-behaved and hostile, until it is stopped. Stopping it throws if a well-behaved client failed.
/// </summary>
internal sealed class SoakLoad : IAsyncDisposable
{
    private const int Steady = 500;
    private static readonly TimeSpan BetweenBytes = TimeSpan.FromMilliseconds(45);

    private readonly IPEndPoint _gateway;
    private readonly Crowd _steady;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private int _timedOut;
    private int _streams;
    private bool _isDisposed;

    private SoakLoad(IPEndPoint gateway, Crowd steady)
    {
        _gateway = gateway;
        _steady = steady;
    }

    /// <summary>Clients that stopped sending, and that the gateway closed as idle.</summary>
    public int TimedOut => _timedOut;

    public int HostileStreams => _streams;

    public static async Task<SoakLoad> StartAsync(IPEndPoint gateway, int seed)
    {
        var load = new SoakLoad(gateway, await Crowd.ConnectAsync(gateway, Steady));
        load._steady.StartHeartbeats(TimeSpan.FromSeconds(5));
        byte[][] hellos = [.. Enumerable.Range(0, 16).Select(i => HostileBytes.GoodHello($"recorded-{i}"))];
        load._loops.Add(load.RepeatAsync(load.ConnectAndCloseAsync));
        for (var i = 0; i < 5; i++) load._loops.Add(load.RepeatAsync(load.StopSendingAsync));
        for (var i = 0; i < 3; i++) load._loops.Add(load.RepeatAsync(load.SendSlowlyAsync));
        for (var i = 0; i < 3; i++) load._loops.Add(load.RepeatAsync(load.NeverReadAsync));
        for (var i = 0; i < 4; i++) load._loops.Add(load.RepeatAsync(() => load.SendHostileAsync(seed, hellos)));
        return load;
    }

    /// <summary>Ends the load. Throws the failure of a well-behaved client, if there was one.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        // One that this process did not ping in time was closed as idle too.
        _timedOut += _steady.AssertAllOpen(SilentClients.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await _stop.CancelAsync();
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _steady.DisposeAsync();
        _stop.Dispose();
    }

    private Task RepeatAsync(Func<Task> once) => Task.Run(async () =>
    {
        while (!_stop.IsCancellationRequested) await once();
    });

    private async Task ConnectAndCloseAsync()
    {
        await using var crowd = await Crowd.ConnectAsync(_gateway, 50);
        await crowd.WaitForFramesAsync(frames: 1, TimeSpan.FromSeconds(20));
        foreach (var client in crowd.Clients.Where((_, i) => i % 2 == 0)) client.Reset();
        await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
    }

    /// <summary>As a client whose cable is cut: it sends one ping and then nothing, not even a FIN.</summary>
    private async Task StopSendingAsync()
    {
        using var client = new CrowdClient();
        await client.ConnectAsync(_gateway);
        await client.PingAsync();
        await client.Ended.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        Interlocked.Increment(ref _timedOut);
    }

    /// <summary>A ping that takes seven seconds, byte by byte, is still answered.</summary>
    private async Task SendSlowlyAsync()
    {
        using var client = await SocketClient.ConnectAsync(_gateway);
        await client.PingAsync();
        // Each byte has a time of its own: pauses of this process must not add up to the limit for a frame, which is ten seconds.
        var began = TimeProvider.System.GetTimestamp();
        var due = TimeSpan.Zero;
        foreach (var b in SocketClient.PingNow)
        {
            await client.SendAsync(new[] { b });
            due += BetweenBytes;
            var early = due - TimeProvider.System.GetElapsedTime(began);
            if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System);
        }

        var receiving = client.Socket.ReceiveAsync(new byte[158].AsMemory()).AsTask();
        var read = await receiving.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        if (read == 0) throw new InvalidOperationException("A slow ping was not answered.");
    }

    /// <summary>A slow consumer: sends pings and reads no answer, until the gateway closes the connection.</summary>
    private async Task NeverReadAsync()
    {
        using var client = new SocketClientThatNeverReads(_gateway);
        await client.PingUntilEndedAsync(_stop.Token);
    }

    private async Task SendHostileAsync(int seed, byte[][] hellos)
    {
        var i = Interlocked.Increment(ref _streams);
        var random = new Random(unchecked((seed * 1_000_003) + i));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_gateway);
        await socket.SendAsync(new HostileBytes(random, hellos).Next(i));
        if (i % 2 == 0) socket.LingerState = new LingerOption(enable: true, seconds: 0);
        await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
    }
}
