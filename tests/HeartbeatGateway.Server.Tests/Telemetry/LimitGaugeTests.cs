using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Telemetry;

/// <summary>The limits that an operator sees are those that newcomers meet.</summary>
public sealed class LimitGaugeTests
{
    private const string Connections = "heartbeatgateway.connections_limit";
    private const string Heap = "heartbeatgateway.heap_limit";

    [Fact]
    public void Limits_are_told_as_they_are_enforced_now()
    {
        using var gateway = new EngineHarness(o => (o.Admission.MaxConnections, o.Admission.MaxHeapBytes) = (10, 1_000_000));
        Assert.Equal(10, gateway.Metrics.Read(Connections));
        Assert.Equal(1_000_000, gateway.Metrics.Read(Heap));

        gateway.Options.Admission.MaxConnections = 20;
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.Equal(20, gateway.Metrics.Read(Connections));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void No_more_than_the_descriptors_allow_is_ever_told(int? configured)
    {
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = configured);
        Assert.Equal(configured is null ? ProcessLimits.DefaultMaxConnections : ProcessLimits.MostConnections, gateway.Metrics.Read(Connections));
        Assert.Equal(0, gateway.Metrics.Read(Heap));
    }

    [Theory]
    [InlineData(0, 50, 0.5)]
    [InlineData(long.MaxValue, 50, 0.5)]
    [InlineData(1, 50, 0)]
    public void A_share_of_the_heap_is_told_in_bytes_and_the_smaller_of_two_bounds_holds(long bytes, int percent, double share)
    {
        var most = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        using var gateway = new EngineHarness(o => (o.Admission.MaxHeapBytes, o.Admission.MaxHeapPercent) = (bytes, percent));
        Assert.Equal(share == 0 ? bytes : most * share, gateway.Metrics.Read(Heap), tolerance: 100);
    }

    [Fact]
    public void Limits_that_are_only_watched_turn_nobody_away()
    {
        using var gateway = new EngineHarness(o =>
        {
            (o.Admission.MaxConnections, o.Admission.MaxHeapBytes) = (10, 1_000_000);
            o.Admission.Observe.Add("limit_total");
            o.Admission.Observe.Add("limit_memory");
        });
        Assert.Equal(ProcessLimits.MostConnections, gateway.Metrics.Read(Connections));
        Assert.Equal(0, gateway.Metrics.Read(Heap));
    }
}
