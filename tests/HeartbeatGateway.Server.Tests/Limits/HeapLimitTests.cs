using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Limits;

public sealed class HeapLimitTests
{
    private const long Limit = 100_000_000;

    [Fact]
    public async Task Above_the_limit_new_connections_are_rejected_and_clients_are_still_answered()
    {
        using var gateway = Limited();
        var client = await gateway.ConnectedAsync();
        Fill(gateway);
        await gateway.Connect().Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_memory")));
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);

        gateway.HeapBytes = Limit;
        gateway.Advance(TimeSpan.FromSeconds(1));
        Assert.False(gateway.Connect().Handler.IsCompleted);
        gateway.AssertBalanced();
    }

    [Fact]
    public void A_connection_storm_is_detected_before_the_next_clock_tick()
    {
        using var gateway = Limited();
        Assert.False(gateway.Connect().Handler.IsCompleted);
        gateway.HeapBytes = Limit + 1;
        Assert.Contains(Enumerable.Range(0, 300), _ => gateway.Connect().Handler.IsCompleted);
    }

    [Fact]
    public async Task Garbage_is_collected_before_a_rejection_and_at_most_once_in_ten_seconds()
    {
        using var gateway = Limited();
        Fill(gateway);
        for (var second = 0; second < 25; second++)
        {
            await gateway.Connect().Handler;
            gateway.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(3, gateway.Collections);
        Assert.Equal(25, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_memory")));
    }

    [Fact]
    public async Task Above_the_limit_the_start_of_a_large_frame_ends_its_connection_and_a_small_frame_does_not()
    {
        using var gateway = Limited();
        var large = await gateway.ConnectedAsync();
        var small = await gateway.ConnectedAsync();
        Fill(gateway);
        await large.SendAsync(large.Frame("message", new string('x', 5000)).AsMemory(0, 200));
        await small.SendAsync(small.Frame("message", new string('x', 4096)).AsMemory(0, 200));
        await large.Handler;
        Assert.Equal(1, gateway.Closed("limit_memory"));
        Assert.False(small.Handler.IsCompleted);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task The_report_only_heap_limit_counts_and_closes_no_connection()
    {
        using var gateway = Limited(observe: true);
        var client = await gateway.ConnectedAsync();
        Fill(gateway);
        await client.SendAsync(client.Frame("message", new string('x', 5000)).AsMemory(0, 200));
        Assert.False(client.Handler.IsCompleted);
        Assert.False(gateway.Connect().Handler.IsCompleted);
        Assert.Equal(2, gateway.Metrics.Read("heartbeatgateway.limits_observed", ("limit", "limit_memory")));
    }

    private static EngineHarness Limited(bool observe = false) => new(o =>
    {
        o.Admission.MaxHeapBytes = Limit;
        if (observe) o.Admission.Observe.Add("limit_memory");
    });

    private static void Fill(EngineHarness gateway)
    {
        gateway.HeapBytes = Limit + 1;
        gateway.Advance(TimeSpan.FromSeconds(1));
    }
}
