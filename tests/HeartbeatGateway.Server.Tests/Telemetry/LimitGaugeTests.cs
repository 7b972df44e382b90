using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Telemetry;

/// <summary>The limit metrics show the limits that apply to new connections.</summary>
public sealed class LimitGaugeTests
{
    private const string Connections = "heartbeatgateway.connections_limit";
    private const string Heap = "heartbeatgateway.heap_limit";

    [Fact]
    public void The_gauges_show_the_limits_that_are_enforced_now()
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
    public void The_connection_limit_never_exceeds_the_file_descriptor_limit(int? configured)
    {
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = configured);
        Assert.Equal(configured is null ? ProcessLimits.DefaultMaxConnections : ProcessLimits.MostConnections, gateway.Metrics.Read(Connections));
        Assert.Equal(0, gateway.Metrics.Read(Heap));
    }

    [Theory]
    [InlineData(0, 50, 0.5)]
    [InlineData(long.MaxValue, 50, 0.5)]
    [InlineData(1, 50, 0)]
    public void A_heap_percentage_is_shown_in_bytes_and_the_smaller_of_two_bounds_applies(long bytes, int percent, double share)
    {
        var most = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        using var gateway = new EngineHarness(o => (o.Admission.MaxHeapBytes, o.Admission.MaxHeapPercent) = (bytes, percent));
        Assert.Equal(share == 0 ? bytes : most * share, gateway.Metrics.Read(Heap), tolerance: 100);
    }

    [Fact]
    public void Report_only_limits_are_not_shown_as_enforced()
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
