using HeartbeatGateway.Protocol;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>The welcome announces the largest content, and the gateway keeps to it while the connection is open.</summary>
public sealed class MaxContentTests
{
    [Fact]
    public async Task The_welcome_announces_the_largest_content()
    {
        using var gateway = new EngineHarness(o => o.Frames.MaxContentBytes = 10_000);
        var (_, welcome) = await gateway.IdentifiedAsync();
        Assert.Equal(10_000, welcome.MaxContentBytes);
    }

    [Fact]
    public async Task A_lower_limit_holds_for_new_connections_and_not_for_open_ones()
    {
        using var gateway = new EngineHarness(o => o.Frames.MaxContentBytes = 10_000);
        var (open, _) = await gateway.IdentifiedAsync();
        gateway.Options.Frames.MaxContentBytes = 1_000;
        gateway.Engine.Reconfigure(gateway.Options);
        await open.SendAsync(open.Frame("message", new string('x', 10_000)));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));

        var (later, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-18"));
        Assert.Equal(1_000, welcome.MaxContentBytes);
        await later.SendAsync(later.Frame("message", new string('x', 1_001)));
        // The connection lingers until its peer closes as well.
        Assert.Equal(CloseReason.BadLength, (await later.ReadCloseAsync()).Reason);
        later.CloseOutput();
        await later.Handler;
        Assert.Equal(1, gateway.Closed("bad_length"));
        Assert.False(open.Handler.IsCompleted);
    }
}
