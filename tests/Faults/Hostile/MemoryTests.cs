using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>The gateway keeps no memory for closed connections.</summary>
public sealed class MemoryTests
{
    private const int Callers = 32;

    /// <summary>
    /// 28 bytes for each of 300,000 connections. A leak would be larger: the smallest object has 24 bytes, plus the reference to it. Over TLS it is
    /// 840 bytes for each of 10,000; the TLS library holds some 20 KiB for an open one.
    /// </summary>
    private const long Margin = 8 * 1024 * 1024;

    [Theory]
    [InlineData(false, 300_000)]
    [InlineData(true, 10_000, Traits = ["Transport", "tls"])]
    public async Task Uses_no_more_memory_after_twice_as_many_connections(bool tls, int connections)
    {
        // Short windows, so that what the gateway remembers by design expires before each measurement.
        await using var gateway = await WatchedGateway.StartFaultHostAsync(
            tls, ("Gateway__Reconnects__Window", "00:00:02"), ("Gateway__Tokens__MaxAge", "00:00:05"));
        var first = await ResidentAfterAsync(gateway, connections);
        // A leak grows each time. The allocator of the TLS library does so only until its arenas are filled; so the least of three tries counts.
        for (var tries = 1; ; tries++)
        {
            var next = await ResidentAfterAsync(gateway, connections);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"resident {first / 1048576.0:0.0} MiB after {connections} connections, {next / 1048576.0:0.0} MiB after as many more");
            if (next - first <= Margin) break;
            Assert.True(tls && tries < 3, $"{next - first} bytes more are resident.");
            first = next;
        }

        await gateway.AssertRecoveredAsync();
    }

    /// <summary>A third of the connections sends nothing, a third sends a ping, a third is hostile; the client resets all of them.</summary>
    private static async Task<long> ResidentAfterAsync(WatchedGateway gateway, int connections)
    {
        byte[][] hellos = [.. Enumerable.Range(0, 16).Select(i => HostileBytes.GoodHello($"recorded-{i}"))];
        await Parallel.ForAsync(0, connections, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (i, _) =>
        {
            using var client = i % 3 == 0 ? await SocketClient.ConnectAsync(gateway.Process.EndPoint) : await gateway.Port.ConnectAsync();
            if (i % 3 == 1) await client.SendAsync(SocketClient.PingNow);
            if (i % 3 == 2) await client.SendAsync(new HostileBytes(new Random(i), hellos).Next(i / 3));
            client.Socket.LingerState = new System.Net.Sockets.LingerOption(enable: true, seconds: 0);
        });
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System);
        await gateway.Process.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        await using var crowd = await Crowd.ConnectAsync(gateway.Port, 1, (client, _) => client.SendFrameAsync("collect", ""));
        await crowd.Clients[0].SendFrameAsync("collect", "");
        await crowd.Clients[0].PingAsync();
        await crowd.WaitForFramesAsync(frames: 1, TimeSpan.FromSeconds(20));
        return gateway.ResidentBytes;
    }
}
