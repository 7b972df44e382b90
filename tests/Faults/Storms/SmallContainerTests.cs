using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Storms;

/// <summary>More clients connect than a small container has memory for.</summary>
public sealed class SmallContainerTests
{
    /// <summary>Without a limit on the heap, the kernel killed a gateway with this much memory at some 14,000 clients.</summary>
    private const long Memory = 160 << 20;
    private const int Clients = 18_000;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Rejects_new_clients_before_the_kernel_kills_the_process_and_keeps_the_connected_ones()
    {
        ControlGroup.SkipUnlessAllowed("memory");
        using var container = ControlGroup.OfMemory(Memory);
        await using var gateway = await WatchedGateway.StartAsync(
            new GatewayLaunch { Command = container.Command("dotnet", Repository.GatewayDll) },
            ("Gateway__Admission__MaxHeapPercent", "50"), ("Gateway__Heartbeat__ReaderIdle", "00:01:00"));
        var limit = await gateway.Process.MetricAsync("heartbeatgateway_heap_limit_bytes");
        Assert.InRange(limit, 1, Memory / 2);

        await using var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients, heartbeat: Heartbeat);
        await crowd.WaitForFramesAsync(1, within: TimeSpan.FromSeconds(60));
        var page = await gateway.Process.ScrapeAsync();
        var accepted = crowd.Clients.Where(c => c.Frames > 0).ToList();
        var rejected = GatewayProcess.Metric(page, "heartbeatgateway_connections_rejected_total{reason=\"limit_memory\"}");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{accepted.Count} clients in {Memory >> 20} MiB, {rejected} rejected; heap limit {limit / (1 << 20):0} MiB, "
            + $"resident {gateway.ResidentBytes >> 20} MiB");
        Assert.InRange(accepted.Count, 1_000, Clients - 1);
        Assert.Equal(Clients, accepted.Count + rejected);

        var received = accepted.Select(c => c.Frames).ToList();
        await Task.Delay(Span, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.All(accepted, c => Assert.Equal(CrowdEnd.StillOpen, c.End));
        Assert.All(accepted.Zip(received), c => Assert.True(c.First.Frames > c.Second, "A connected client was no longer answered."));
        await crowd.CloseAsync();
        await gateway.AssertRecoveredAsync();
    }
}
