using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>A client that reached an idle timeout and is back within 10 s is a false timeout, however it is recognised.</summary>
public sealed class FalseTimeoutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10_000, 1)]
    [InlineData(10_001, 0)]
    public async Task A_client_id_counts_when_it_is_back_within_the_window(int backAfter, int expected)
    {
        using var gateway = new EngineHarness();
        await gateway.IdentifiedAsync();
        TimeOut(gateway);
        gateway.Advance(TimeSpan.FromMilliseconds(backAfter));
        await gateway.IdentifiedAsync(EngineHarness.Hello(instance: "after a restart"));
        Assert.Equal((expected, 1), (FalseTimeouts(gateway), gateway.Reconnects("client")));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10_000, 1)]
    [InlineData(10_001, 0)]
    public async Task An_anonymous_client_counts_when_its_address_is_back_within_the_window(int backAfter, int expected)
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        TimeOut(gateway);
        await client.Handler;
        gateway.Advance(TimeSpan.FromMilliseconds(backAfter));
        await gateway.ConnectedAsync();
        await gateway.ConnectedAsync();
        Assert.Equal((expected, 1), (FalseTimeouts(gateway), gateway.Reconnects("address")));
    }

    [Fact]
    public async Task All_idle_is_a_timeout_and_each_one_counts()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.AllIdle = TimeSpan.FromSeconds(3));
        await gateway.IdentifiedAsync();
        for (var i = 0; i < 3; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(3.1));
            await gateway.IdentifiedAsync();
        }

        Assert.Equal((3, 3), (gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "all_idle")), FalseTimeouts(gateway)));
    }

    [Fact]
    public async Task An_end_that_is_no_timeout_does_not_count()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        await client.DisconnectAsync();
        await gateway.IdentifiedAsync();
        await (await gateway.ConnectedAsync()).DisconnectAsync();
        await gateway.ConnectedAsync();
        // A takeover: the old connection never reaches its timeout.
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        gateway.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 2), (FalseTimeouts(gateway), gateway.Reconnects("client")));
    }

    [Fact]
    public async Task A_client_that_was_back_before_its_old_connection_timed_out_does_not_count()
    {
        using var gateway = new EngineHarness();
        var old = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(5));
        await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2.1));
        await old.Handler;
        Assert.Equal((1, 1, 0), (gateway.Closed("reader_idle"), gateway.Reconnects("address"), FalseTimeouts(gateway)));
    }

    [Fact]
    public async Task A_client_that_pings_before_its_hello_counts_once()
    {
        using var gateway = new EngineHarness();
        var anonymous = await gateway.ConnectedAsync();
        await gateway.IdentifiedAsync();
        TimeOut(gateway);
        await anonymous.Handler;
        var client = await gateway.ConnectedAsync();
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
        Assert.Equal((1, 1), (FalseTimeouts(gateway), gateway.Reconnects("client") + gateway.Reconnects("address")));
    }

    [Fact]
    public async Task Timeouts_of_others_at_the_same_address_are_matched_one_by_one()
    {
        using var gateway = new EngineHarness();
        List<InMemoryClient> first = [], second = [];
        for (var i = 0; i < 5; i++) first.Add(await gateway.ConnectedAsync());
        TimeOut(gateway);
        await Task.WhenAll(first.Select(c => c.Handler));
        for (var i = 0; i < 3; i++) second.Add(await gateway.ConnectedAsync());
        Assert.Equal(3, FalseTimeouts(gateway));
        // The three reach their own timeout 7 s later, and the first five's is too long ago.
        gateway.Advance(Window + TimeSpan.FromSeconds(1));
        await Task.WhenAll(second.Select(c => c.Handler));
        for (var i = 0; i < 5; i++) await gateway.ConnectedAsync();
        Assert.Equal(8, gateway.Reconnects("address"));
        Assert.Equal(6, FalseTimeouts(gateway));
    }

    /// <summary>Lets all connections reach their limit, and stops at the tick that closes them.</summary>
    private static void TimeOut(EngineHarness gateway)
    {
        gateway.Advance(Limit);
        Assert.NotEqual(0, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "reader_idle")));
    }

    private static double FalseTimeouts(EngineHarness gateway) => gateway.Metrics.Read("heartbeatgateway.false_timeouts");
}
