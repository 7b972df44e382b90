using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>The gateway keeps no memory for closed connections.</summary>
public sealed class MemoryTests
{
    private const int Connections = 300_000;
    private const int Callers = 32;

    /// <summary>28 bytes for each connection. A leak would be larger: the smallest object has 24 bytes, plus the reference to it.</summary>
    private const long Margin = 8 * 1024 * 1024;

    [Fact]
    public async Task Uses_no_more_memory_after_twice_as_many_connections()
    {
        // Short windows, so that what the gateway remembers by design expires before each measurement.
        await using var gateway = await WatchedGateway.StartFaultHostAsync(
            ("Gateway__Reconnects__Window", "00:00:02"), ("Gateway__Tokens__MaxAge", "00:00:05"));
        var first = await ResidentAfterAsync(gateway);
        var second = await ResidentAfterAsync(gateway);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"resident {first / 1048576.0:0.0} MiB after {Connections} connections, {second / 1048576.0:0.0} MiB after twice as many");
        await gateway.AssertRecoveredAsync();
        Assert.True(second - first <= Margin, $"{second - first} bytes more are resident.");
    }

    /// <summary>A third of the connections sends nothing, a third sends a ping, a third is hostile; the client resets all of them.</summary>
    private static async Task<long> ResidentAfterAsync(WatchedGateway gateway)
    {
        byte[][] hellos = [.. Enumerable.Range(0, 16).Select(i => HostileBytes.GoodHello($"recorded-{i}"))];
        await Parallel.ForAsync(0, Connections, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (i, _) =>
        {
            using var client = await SocketClient.ConnectAsync(gateway.Process.EndPoint);
            if (i % 3 == 1) await client.SendAsync(SocketClient.PingNow);
            if (i % 3 == 2) await client.SendAsync(new HostileBytes(new Random(i), hellos).Next(i / 3));
            client.Socket.LingerState = new System.Net.Sockets.LingerOption(enable: true, seconds: 0);
        });
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System);
        await gateway.Process.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        await using var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, 1, (client, _) => client.SendFrameAsync("collect", ""));
        await crowd.Clients[0].SendFrameAsync("collect", "");
        await crowd.Clients[0].PingAsync();
        await crowd.WaitForFramesAsync(frames: 1, TimeSpan.FromSeconds(20));
        return gateway.ResidentBytes;
    }
}
