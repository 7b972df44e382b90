using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Storms;

/// <summary>More clients come than a small container has memory for.</summary>
public sealed class SmallContainerTests
{
    /// <summary>Without a bound on the heap the kernel ended a gateway with so much at some 14,000 clients.</summary>
    private const long Memory = 160 << 20;
    private const int Clients = 18_000;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Newcomers_are_turned_away_before_the_kernel_ends_the_process_and_those_who_are_there_beat_on()
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
        var inside = crowd.Clients.Where(c => c.Frames > 0).ToList();
        var turnedAway = GatewayProcess.Metric(page, "heartbeatgateway_connections_rejected_total{reason=\"limit_memory\"}");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{inside.Count} clients in {Memory >> 20} MiB, {turnedAway} turned away; heap limit {limit / (1 << 20):0} MiB, resident {gateway.ResidentBytes >> 20} MiB");
        Assert.InRange(inside.Count, 1_000, Clients - 1);
        Assert.Equal(Clients, inside.Count + turnedAway);

        var heard = inside.Select(c => c.Frames).ToList();
        await Task.Delay(Span, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.All(inside, c => Assert.Equal(CrowdEnd.StillOpen, c.End));
        Assert.All(inside.Zip(heard), c => Assert.True(c.First.Frames > c.Second, "A client was not answered any more."));
        await crowd.CloseAsync();
        await gateway.AssertRecoveredAsync();
    }
}
