using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

public sealed class DeliveryTableTests : IDisposable
{
    private readonly EngineHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_state_whose_outbox_holds_a_message_is_kept_beyond_the_window_until_the_message_expires()
    {
        var table = _harness.Engine.Deliveries;
        var window = _harness.Options.Reconnects.Window;
        var held = _harness.Engine.DeliverToClient("a", "news", default, ttl: 3 * window);
        Assert.Equal(DeliveryResult.Held, held.Result);
        var state = table.Find("a");
        Pass(2 * window);
        Assert.Same(state, table.Find("a"));
        Pass(2 * window);
        Assert.Equal(DeliveryResult.Expired, held.Result);
        Pass(2 * window);
        Assert.Null(table.Find("a"));
    }

    [Fact]
    public void Messages_for_clients_that_never_connect_leave_nothing_when_they_have_expired()
    {
        var engine = _harness.Engine;
        var ttl = TimeSpan.FromSeconds(10);
        for (var i = 0; i < 1000; i++) engine.DeliverToClient($"away-{i}", "news", default, ttl);
        Assert.Equal(1000, engine.Deliveries.Count);
        _harness.Time.Advance(_harness.Options.Reconnects.Window + ttl);
        engine.Outboxes.Sweep();
        for (var i = 0; i < 100; i++) engine.DeliverToClient($"later-{i}", "news", default, ttl);
        Assert.InRange(engine.Deliveries.Count, 100, 110);
    }

    [Fact]
    public void A_state_that_was_made_without_a_connection_is_kept_for_the_window()
    {
        var table = new DeliveryTable(_harness.Engine.Outboxes, window: 10);
        var held = table.GetOrAdd("a", 0);
        Assert.Same(held, table.GetOrAdd("a", 0));
        Touch(table, now: 0);
        Touch(table, now: 10);
        Assert.Same(held, table.Find("a"));
        Touch(table, now: 11);
        Assert.Null(table.Find("a"));
    }

    [Fact]
    public void A_state_with_a_connection_is_kept_and_a_hello_without_a_confirmation_leaves_none()
    {
        var table = new DeliveryTable(_harness.Engine.Outboxes, window: 10, maxRemembered: 1);
        var one = table.Enter("a", 0);
        Assert.Same(one, table.Enter("a", 50));
        table.Leave(one, 50);
        for (var i = 0; i < 5; i++) Touch(table, now: 100 + i);
        Assert.Same(one, table.Find("a"));
        table.Leave(one, 200);
        Assert.Equal(0, table.Count);
    }

    /// <summary>Lets time pass, and a client connect and leave at its end: that is when departures are looked at.</summary>
    private void Pass(TimeSpan time)
    {
        _harness.Time.Advance(time);
        _harness.Engine.Outboxes.Sweep();
        for (var i = 0; i < 3; i++) Touch(_harness.Engine.Deliveries, _harness.Time.GetTimestamp());
    }

    private static void Touch(DeliveryTable table, long now) => table.Leave(table.Enter("other", now), now);
}
