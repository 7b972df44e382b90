using System.Net;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Connections.Tests.Admission;

public sealed class AdmissionTests
{
    [Fact]
    public async Task Above_the_total_nobody_is_admitted_until_somebody_leaves()
    {
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = 2);
        var first = await gateway.ConnectedAsync();
        await gateway.ConnectedAsync();
        await gateway.Connect().Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_total")));
        Assert.Equal(2, gateway.Metrics.Read("heartbeatgateway.connections.opened"));

        first.CloseOutput();
        await first.Handler;
        Assert.False(gateway.Connect().Handler.IsCompleted);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task An_address_has_its_own_limit_and_gets_its_places_back()
    {
        using var gateway = new EngineHarness(o => o.Admission.MaxConnectionsPerAddress = 1);
        var first = await gateway.ConnectedAsync();
        await gateway.Connect().Handler;
        await gateway.ConnectedAsync(IPAddress.Parse("192.0.2.99"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_address")));
        first.CloseOutput();
        await first.Handler;
        Assert.False(gateway.Connect().Handler.IsCompleted);
    }

    [Fact]
    public void A_seconds_worth_may_come_at_once_and_then_the_rate_holds()
    {
        using var gateway = new EngineHarness(o => o.Admission.AcceptsPerSecond = 10);
        var admitted = Enumerable.Range(0, 20).Count(_ => !gateway.Connect().Handler.IsCompleted);
        Assert.Equal(10, admitted);
        gateway.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => !gateway.Connect().Handler.IsCompleted));
        Assert.Equal(25, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_rate")));
    }

    [Fact]
    public void Descriptors_for_everything_else_are_kept_whatever_is_configured()
    {
        Assert.SkipUnless(ProcessLimits.MostConnections > 0, "SKIPPED: this system tells no number of descriptors");
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = 0);
        gateway.Connect();
        // One connection is open: with those on their way it may be as many as the descriptors allow, and no more.
        Assert.False(gateway.Engine.IsOutOfDescriptors(ProcessLimits.MostConnections - 2));
        Assert.True(gateway.Engine.IsOutOfDescriptors(ProcessLimits.MostConnections - 1));
    }

    [Fact]
    public void The_default_total_leaves_descriptors_for_everything_else() =>
        Assert.True(!OperatingSystem.IsLinux() || ProcessLimits.DefaultMaxConnections > 0);
}
