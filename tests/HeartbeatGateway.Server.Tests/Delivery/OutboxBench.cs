using System.Text;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>The engine's outboxes on a fake clock, and connections whose clients the test plays. Time passes with a sweep each second.</summary>
internal sealed class OutboxBench(Action<GatewayOptions>? configure = null) : IDisposable
{
    public EngineHarness Gateway { get; } = new(options =>
    {
        // A client that is away for longer is forgotten, and its next messages have another numbering.
        options.Reconnects.Window = TimeSpan.FromHours(12);
        configure?.Invoke(options);
    });

    public GatewayEngine Engine => Gateway.Engine;

    public FakeDeliveryConnection Connection() => new(Gateway.Options.Outbound.MaxPendingBytes);

    public Outbox OutboxOf(string clientId = "pump-1") => Engine.Deliveries.GetOrAdd(clientId, Gateway.Time.GetTimestamp()).Outbox;

    /// <summary>A client with a confirmed connection.</summary>
    public FakeDeliveryConnection Attach(string clientId = "pump-1", long received = 0)
    {
        var connection = Connection();
        OutboxOf(clientId).Attach(connection, received);
        return connection;
    }

    public MessageDelivery Deliver(string content, TimeSpan? ttl = null, string clientId = "pump-1") =>
        Engine.DeliverToClient(clientId, "order", Encoding.UTF8.GetBytes(content), ttl);

    public void Advance(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            Gateway.Time.Advance(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
            Engine.Outboxes.Sweep();
        }
    }

    /// <summary>The events so far: message and result.</summary>
    public async Task<IReadOnlyList<DeliveryEvent>> EventsAsync()
    {
        var events = new List<DeliveryEvent>();
        await using var following = Engine.FollowDeliveriesAsync(0, TestContext.Current.CancellationToken).GetAsyncEnumerator();
        while (events.Count < Engine.LastDelivery && await following.MoveNextAsync()) events.Add(following.Current);
        return events;
    }

    public void Dispose() => Gateway.Dispose();
}
