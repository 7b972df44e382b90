using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Tests.Delivery;

public sealed class DeliveryTableTests
{
    [Fact]
    public void A_state_that_was_made_without_a_connection_is_kept_for_the_window()
    {
        var table = new DeliveryTable(window: 10);
        var held = table.GetOrAdd("a");
        Assert.Same(held, table.GetOrAdd("a"));
        Touch(table, now: 0);
        Touch(table, now: 10);
        Assert.Same(held, table.Find("a"));
        Touch(table, now: 11);
        Assert.Null(table.Find("a"));
    }

    [Fact]
    public void A_state_with_a_connection_is_kept_and_a_hello_without_a_confirmation_leaves_none()
    {
        var table = new DeliveryTable(window: 10, maxRemembered: 1);
        var one = table.Enter("a", 0);
        Assert.Same(one, table.Enter("a", 50));
        table.Leave(one, 50);
        for (var i = 0; i < 5; i++) Touch(table, now: 100 + i);
        Assert.Same(one, table.Find("a"));
        table.Leave(one, 200);
        Assert.Equal(0, table.Count);
    }

    private static void Touch(DeliveryTable table, long now) => table.Leave(table.Enter("other", now), now);
}
