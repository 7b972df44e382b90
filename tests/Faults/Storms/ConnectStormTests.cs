using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Storms;

/// <summary>A fleet that connects at once, in a network namespace whose counters start at 0.</summary>
public sealed class ConnectStormTests
{
    /// <summary>How long memory may take to fall: the collector runs late, and buffers are released gradually.</summary>
    private static readonly TimeSpan ToFall = TimeSpan.FromSeconds(90);

    /// <summary>Over TLS the clients of this process take longer for their handshakes than a single connect takes; so many connect at once.</summary>
    [Theory]
    [InlineData(false, 18_000, 1)]
    [InlineData(true, 2_000, 200, Traits = ["Transport", "tls"])]
    public async Task Accepts_thousands_of_connects_at_once_and_reuses_their_memory(bool tls, int clients, int connectors)
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new NetworkNamespace();
        await using var gateway = await WatchedGateway.StartAsync(
            new GatewayLaunch { Command = [.. network.Prefix, "dotnet", Repository.GatewayDll], Address = network.Address },
            tls,
            // The first clients send nothing more until the last one is connected, however long that takes.
            ("Gateway__Heartbeat__ReaderIdle", "00:01:00"));
        var before = gateway.ResidentBytes;
        var first = await WaveAsync();
        await gateway.AssertRecoveredAsync();
        var began = TimeProvider.System.GetTimestamp();
        while (gateway.ResidentBytes > Halfway() && TimeProvider.System.GetElapsedTime(began) < ToFall)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var between = gateway.ResidentBytes;
        var second = await WaveAsync();
        await gateway.AssertRecoveredAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"resident: {before >> 20} MiB before, {first >> 20} at the first peak, {between >> 20} some time after it, "
            + $"{second >> 20} at the second peak, {gateway.ResidentBytes >> 20} at the end");
        Assert.True(between <= Halfway(), "The process released less than half of the memory that the first wave used.");
        // A leak would add as much again as the first wave. The C library's memory, which TLS uses, varies by some 20 MiB.
        var spread = tls ? 32L << 20 : 0;
        Assert.True(second < (first * 1.15) + spread, $"The second wave used {second >> 20} MiB, the first {first >> 20} MiB.");
        Assert.Equal(0, network.TcpCounter("ListenOverflows"));
        Assert.Equal(0, network.TcpCounter("ListenDrops"));

        long Halfway() => before + ((first - before) / 2);

        async Task<long> WaveAsync()
        {
            var start = TimeProvider.System.GetTimestamp();
            await using var crowd = await Crowd.ConnectAsync(gateway.Port, clients, connectors: connectors);
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(60));
            Assert.Empty(crowd.Disconnected);
            var page = await gateway.Process.ReachesAsync("heartbeatgateway_connected_clients", clients + 1);
            Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="handshake"}"""));
            TestContext.Current.TestOutputHelper?.WriteLine($"{clients} connected and answered in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.00} s");
            return gateway.ResidentBytes;
        }
    }
}
