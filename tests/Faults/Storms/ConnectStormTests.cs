using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Storms;

/// <summary>A fleet that connects at once, in a network namespace whose counters start at 0.</summary>
public sealed class ConnectStormTests
{
    private const int Clients = 18_000;

    /// <summary>How long memory may take to fall: the collector runs late, and buffers are released gradually.</summary>
    private static readonly TimeSpan ToFall = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Accepts_eighteen_thousand_connects_at_once_and_reuses_their_memory()
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new NetworkNamespace();
        await using var gateway = await WatchedGateway.StartAsync(
            new GatewayLaunch { Command = [.. network.Prefix, "dotnet", Repository.GatewayDll], Address = network.Address },
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
        Assert.True(second < first * 1.15, $"The second wave used {second >> 20} MiB, the first {first >> 20} MiB.");
        Assert.Equal(0, network.TcpCounter("ListenOverflows"));
        Assert.Equal(0, network.TcpCounter("ListenDrops"));

        long Halfway() => before + ((first - before) / 2);

        async Task<long> WaveAsync()
        {
            var start = TimeProvider.System.GetTimestamp();
            await using var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients, connectors: 1);
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(60));
            Assert.Empty(crowd.Disconnected);
            var page = await gateway.Process.ReachesAsync("heartbeatgateway_connected_clients", Clients + 1);
            Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="handshake"}"""));
            TestContext.Current.TestOutputHelper?.WriteLine($"{Clients} connected and answered in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.00} s");
            return gateway.ResidentBytes;
        }
    }
}
