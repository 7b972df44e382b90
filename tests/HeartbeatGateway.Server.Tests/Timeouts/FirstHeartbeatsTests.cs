using System.Net;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Timeouts;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public sealed class FirstHeartbeatsTests
{
    private const long Window = 100;
    private static readonly AddressKey Address = AddressKey.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1));

    [Fact]
    public void A_client_that_comes_back_and_times_out_again_is_repeated()
    {
        var first = new FirstHeartbeats();
        Assert.False(first.IsRepeated("pump-1", Address, connectedAt: 1, now: 8, Window));
        Assert.True(first.IsRepeated("pump-1", Address, connectedAt: 11, now: 18, Window));
        Assert.False(first.IsRepeated("pump-2", Address, connectedAt: 12, now: 19, Window));
    }

    [Fact]
    public void A_connection_that_was_open_before_the_other_ended_or_came_long_after_is_not()
    {
        var first = new FirstHeartbeats();
        Assert.False(first.IsRepeated("pump-1", Address, connectedAt: 1, now: 8, Window));
        Assert.False(first.IsRepeated("pump-1", Address, connectedAt: 7, now: 14, Window));
        Assert.False(first.IsRepeated("pump-1", Address, connectedAt: 14 + Window + 1, now: 200, Window));
    }

    [Fact]
    public void Behind_one_address_it_takes_once_more()
    {
        var first = new FirstHeartbeats();
        Assert.False(first.IsRepeated(null, Address, connectedAt: 1, now: 8, Window));
        Assert.False(first.IsRepeated(null, Address, connectedAt: 11, now: 18, Window));
        Assert.True(first.IsRepeated(null, Address, connectedAt: 21, now: 28, Window));
        // A transport without addresses tells no clients apart.
        for (var i = 0; i < 5; i++) Assert.False(first.IsRepeated(null, default, connectedAt: 10 * i, (10 * i) + 5, Window));
    }

    [Fact]
    public void Those_that_were_not_seen_for_longest_are_forgotten()
    {
        var first = new FirstHeartbeats(capacity: 4);
        for (var i = 0; i < 5; i++) first.IsRepeated($"pump-{i}", Address, connectedAt: 1, now: 8, Window);
        Assert.False(first.IsRepeated("pump-0", Address, connectedAt: 11, now: 18, Window));
        Assert.True(first.IsRepeated("pump-4", Address, connectedAt: 11, now: 18, Window));
    }
}
