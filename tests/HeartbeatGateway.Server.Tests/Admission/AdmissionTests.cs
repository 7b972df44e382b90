using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Admission;

public sealed class AdmissionTests
{
    [Fact]
    public async Task Above_the_total_limit_connections_are_rejected_until_one_closes()
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
    public async Task An_address_has_its_own_limit_and_closed_connections_no_longer_count()
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
    public void Connections_of_one_second_can_arrive_at_once_and_then_the_rate_applies()
    {
        using var gateway = new EngineHarness(o => o.Admission.AcceptsPerSecond = 10);
        var admitted = Enumerable.Range(0, 20).Count(_ => !gateway.Connect().Handler.IsCompleted);
        Assert.Equal(10, admitted);
        gateway.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => !gateway.Connect().Handler.IsCompleted));
        Assert.Equal(25, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_rate")));
    }

    [Fact]
    public void File_descriptors_for_the_process_itself_are_reserved_for_any_configuration()
    {
        Assert.SkipUnless(ProcessLimits.MostConnections > 0, "SKIPPED: this system reports no file descriptor limit");
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = 0);
        gateway.Connect();
        // One connection is open. With the pending accepts it reaches the file descriptor limit and does not exceed it.
        for (var i = 0; i < ProcessLimits.MostConnections - 2; i++) gateway.Engine.Accepts.BeginAccept();
        Assert.False(gateway.Engine.Accepts.IsOutOfDescriptors);
        gateway.Engine.Accepts.BeginAccept();
        Assert.True(gateway.Engine.Accepts.IsOutOfDescriptors);
        // The connection takes the place of a pending accept.
        gateway.Connect();
        Assert.True(gateway.Engine.Accepts.IsOutOfDescriptors);
        Assert.Equal(ProcessLimits.MostConnections - 2, gateway.Engine.Accepts.PendingAccepts);
    }

    [Fact]
    public void Connections_without_a_pending_accept_do_not_change_the_count()
    {
        using var gateway = new EngineHarness();
        gateway.Connect();
        gateway.Connect();
        Assert.Equal(0, gateway.Engine.Accepts.PendingAccepts);
        gateway.Engine.Accepts.BeginAccept();
        Assert.Equal(1, gateway.Engine.Accepts.PendingAccepts);
    }

    [Fact]
    public void Connections_rejected_without_a_free_descriptor_are_logged_once_a_second_with_their_number()
    {
        using var gateway = new EngineHarness();
        for (var second = 0; second < 3; second++)
        {
            for (var i = 0; i < 500; i++) gateway.Engine.AcceptParts.Reject(new IPEndPoint(EngineHarness.DefaultAddress, 50_000), CloseReason.LimitDescriptors);
            gateway.Advance(TimeSpan.FromSeconds(1));
        }

        var lines = gateway.Logs.GetSnapshot().Where(l => l.Id.Name == "DescriptorsUsedUp").Select(l => l.GetStructuredStateValue("TurnedAway"));
        Assert.Equal(["1", "500", "500"], lines);
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Id.Name is "ConnectionRejected" or "LogLinesSuppressed");
        Assert.Equal(1_500, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_descriptors")));
    }

    [Fact]
    public void The_default_total_limit_leaves_descriptors_for_the_process_itself() =>
        Assert.True(!OperatingSystem.IsLinux() || ProcessLimits.DefaultMaxConnections > 0);
}
