using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Descriptors;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Storms;

/// <summary>More clients connect than a small container has memory for.</summary>
public sealed class SmallContainerTests
{
    /// <summary>Without a limit on the heap, the kernel killed a gateway with this much memory at some 14,000 clients.</summary>
    private const long Memory = 160 << 20;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(15);

    /// <summary>Memory is returned when a burst is over.</summary>
    private static readonly TimeSpan ToAccept = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false, 18_000, 1_000)]
    [InlineData(true, 3_000, 300, Traits = ["Transport", "tls"])]
    public async Task Rejects_new_clients_before_the_kernel_kills_the_process_and_keeps_the_connected_ones(bool tls, int clients, int atLeast)
    {
        ControlGroup.SkipUnlessAllowed("memory");
        using var container = ControlGroup.OfMemory(Memory);
        await using var gateway = await WatchedGateway.StartAsync(
            new GatewayLaunch { Command = container.Command("dotnet", Repository.GatewayDll) },
            tls,
            ("Gateway__Admission__MaxHeapPercent", "50"), ("Gateway__Heartbeat__ReaderIdle", "00:01:00"));
        var limit = await gateway.Process.MetricAsync("heartbeatgateway_heap_limit_bytes");
        Assert.InRange(limit, 1, Memory / 2);

        await using var crowd = await Crowd.ConnectAsync(gateway.Port, clients, heartbeat: Heartbeat);
        await crowd.WaitForFramesAsync(1, within: TimeSpan.FromSeconds(60));
        var page = await gateway.Process.ScrapeAsync();
        var accepted = crowd.Clients.Where(c => c.Frames > 0).ToList();
        var rejected = GatewayProcess.Metric(page, "heartbeatgateway_connections_rejected_total{reason=\"limit_memory\"}");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{accepted.Count} clients in {Memory >> 20} MiB, {rejected} rejected; heap limit {limit / (1 << 20):0} MiB, "
            + $"resident {gateway.ResidentBytes >> 20} MiB");
        Assert.InRange(accepted.Count, atLeast, clients - 1);
        Assert.Equal(clients, accepted.Count + rejected);

        var received = accepted.Select(c => c.Frames).ToList();
        await Task.Delay(Span, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.All(accepted, c => Assert.Equal(CrowdEnd.StillOpen, c.End));
        Assert.All(accepted.Zip(received), c => Assert.True(c.First.Frames > c.Second, "A connected client was no longer answered."));
        await crowd.CloseAsync();
        await gateway.AssertRecoveredAsync();
        await IsAcceptedAsync(gateway);
    }

    /// <summary>The memory of clients that have gone does not keep a new one out.</summary>
    private static async Task IsAcceptedAsync(WatchedGateway gateway)
    {
        await using var late = new RetryingClients(gateway.Port, 1);
        var began = TimeProvider.System.GetTimestamp();
        while (late.Served == 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < ToAccept, $"No new client is accepted; resident {gateway.ResidentBytes >> 20} MiB.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"a new client was accepted after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s, resident {gateway.ResidentBytes >> 20} MiB");
    }
}
