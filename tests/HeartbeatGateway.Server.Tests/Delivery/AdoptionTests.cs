using System.Text;
using System.Text.Json;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>What a node adopts of a client, and what it does not.</summary>
public sealed class AdoptionTests
{
    [Fact]
    public async Task After_a_client_was_given_up_here_begins_another_numbering()
    {
        using var nodes = new LinkedNodes();
        var client = new MovingClient(nodes);
        client.Connect(0);
        await nodes.DeliverAsync(0, "1");
        client.Read();
        client.Acknowledge();
        var pushes = client.Pushes;
        client.Cut();
        Assert.NotEqual(pushes, nodes.Engine(0).Deliveries.Find("pump-17")!.Outbox.Numbering);
        client.Connect(1);
        Assert.Equal(pushes, client.Pushes);
        await nodes.DeliverAsync(0, "2");
        Assert.Equal((2, "2"), client.Connection.Sent[^1]);
        // Without what was given up, the client is told another name.
        client.Cut();
        nodes.Directory.Deliveries.Clear();
        client.Connect(0);
        Assert.NotEqual(pushes, client.Pushes);
    }

    [Fact]
    public async Task A_stale_record_changes_no_numbering_that_the_client_was_told()
    {
        using var nodes = new LinkedNodes();
        var client = new MovingClient(nodes);
        client.Connect(0);
        var sent = await nodes.DeliverAsync(0, "sent");
        client.Cut();
        var stale = nodes.Directory.Deliveries["pump-17"];
        nodes.Directory.Deliveries.Clear();
        client.Connect(1);
        var pushes = client.Pushes;
        client.Session.Client.Adopt(new ClusterKept { Delivery = stale }, nodes[1].Time.GetTimestamp());
        Assert.Equal(pushes, client.Session.Client.Outbox.Numbering);
        Assert.Empty(client.Connection.Sent);
        // The client could not tell a duplicate of it, so the caller learns that it is dropped.
        Assert.Equal(DeliveryResult.Dropped, await LinkedNodes.EndAsync(sent));
        // A copy of the present numbering changes nothing either.
        var kept = await nodes.DeliverAsync(0, "kept");
        var copy = client.Session.Client.GiveUp(nodes[1].Time.GetTimestamp());
        client.Session.Client.Adopt(new ClusterKept { Delivery = copy }, nodes[1].Time.GetTimestamp());
        Assert.False(kept.IsSettled);
    }

    [Fact]
    public async Task What_exceeds_the_bounds_is_dropped_and_told()
    {
        using var nodes = new LinkedNodes(2, o => o.Messages.MaxHeldMessages = 5);
        var client = new MovingClient(nodes);
        client.Connect(0);
        var sent = new List<MessageDelivery>();
        for (var i = 0; i < 3; i++) sent.Add(await nodes.DeliverAsync(0, $"sent {i}"));
        client.Cut();
        var held = new List<MessageDelivery>();
        for (var i = 0; i < 4; i++) held.Add(await nodes.DeliverAsync(0, $"held {i}", TimeSpan.FromMinutes(1)));
        client.Connect(1);
        Assert.Equal([DeliveryResult.Dropped, DeliveryResult.Dropped], [await LinkedNodes.EndAsync(held[2]), await LinkedNodes.EndAsync(held[3])]);
        client.Read();
        client.Acknowledge();
        Assert.Equal(["sent 0", "sent 1", "sent 2", "held 0", "held 1"], client.Received);
        foreach (var delivery in sent.Concat(held.Take(2))) Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(delivery));
        Assert.Equal((0L, 0L), (nodes.Engine(1).Outboxes.Messages, nodes.Engine(1).Outboxes.Bytes));
    }

    [Fact]
    public void A_connection_whose_welcome_named_a_numbering_that_was_given_up_is_closed()
    {
        using var nodes = new LinkedNodes();
        var client = nodes.Engine(0).Deliveries.Enter("pump-17", 0);
        var connection = new AckRecorder();
        var session = new DeliverySession(client, connection, "instance-a", 0) { Generation = 1 };
        client.GiveUp(0);
        Assert.False(client.Attach(session, 0));
        Assert.Equal((Protocol.CloseReason.Replaced, true), (connection.Closed!.Value.Reason, connection.Closed.Value.Retry));
    }

    [Fact]
    public async Task Time_runs_on_while_a_message_moves()
    {
        using var nodes = new LinkedNodes();
        var client = new MovingClient(nodes);
        client.Connect(0);
        var delivery = await nodes.DeliverAsync(0, "x", TimeSpan.FromSeconds(10));
        nodes.Advance(TimeSpan.FromSeconds(4));
        client.Connect(1);
        nodes.Advance(TimeSpan.FromSeconds(5));
        Assert.False(delivery.IsSettled);
        nodes.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(DeliveryResult.Expired, await LinkedNodes.EndAsync(delivery));
    }

    [Fact]
    public void Time_in_the_directory_counts()
    {
        using var nodes = new LinkedNodes();
        var now = nodes[0].Time.GetTimestamp();
        var client = nodes.Engine(0).Deliveries.GetOrAdd("pump-1", now);
        nodes.Engine(0).DeliverToClient("pump-1", "order", "x"u8.ToArray(), TimeSpan.FromSeconds(10));
        var state = client.GiveUp(now);
        var here = nodes.Engine(1).Deliveries.GetOrAdd("pump-1", now);
        here.Adopt(Kept(state) with { DeliveryAge = TimeSpan.FromSeconds(4) }, nodes[1].Time.GetTimestamp());
        // Of a held message the directory tells what is left.
        here.Adopt(new ClusterKept { Held = [new ClusterHeldMessage(HeldMessage, TimeSpan.FromSeconds(2))] }, nodes[1].Time.GetTimestamp());
        Assert.Equal(2, nodes.Engine(1).Outboxes.Messages);
        nodes.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(1, nodes.Engine(1).Outboxes.Messages);
        nodes.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, nodes.Engine(1).Outboxes.Messages);
        nodes.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, nodes.Engine(1).Outboxes.Messages);
    }

    [Fact]
    public void A_message_that_comes_by_two_ways_is_kept_once()
    {
        using var nodes = new LinkedNodes();
        var client = nodes.Engine(0).Deliveries.GetOrAdd("pump-1", nodes[0].Time.GetTimestamp());
        for (var i = 0; i < 2; i++) client.Adopt(new ClusterKept { Held = [new ClusterHeldMessage(HeldMessage, TimeSpan.FromMinutes(1))] }, nodes[0].Time.GetTimestamp());
        Assert.Equal(1, nodes.Engine(0).Outboxes.Messages);
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"v":2,"pushes":"0123456789abcdef0123456789abcdef","highest":1}""")]
    [InlineData("""{"v":1,"highest":1}""")]
    [InlineData("""{"v":1,"pushes":"x","highest":1}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":-1}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":1000000000000}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":1,"messages":[null]}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":1,"messages":[{"id":"ab-1","number":2,"type":"YQ==","content":"","leftMs":5}]}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":1,"messages":[{"id":"ab-1","number":1,"type":"","content":"","leftMs":5}]}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":1,"messages":[{"id":"ab-1","number":1,"type":"YQ==","content":"","leftMs":-5}]}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":3,"messages":[{"id":"ab-1","number":2,"type":"YQ==","content":"","leftMs":5},{"id":"ab-2","number":1,"type":"YQ==","content":"","leftMs":5}]}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":3,"messages":[{"id":"ab-1","number":0,"type":"YQ==","content":"","leftMs":5},{"id":"ab-2","number":1,"type":"YQ==","content":"","leftMs":5}]}""")]
    [InlineData("""{"v":1,"pushes":"0123456789abcdef0123456789abcdef","highest":0,"accepted":5}""")]
    public void What_cannot_be_read_is_logged_and_ignored(string state)
    {
        using var bench = new OutboxBench();
        var client = bench.Engine.Deliveries.GetOrAdd("pump-1", 0);
        var numbering = client.Outbox.Numbering;
        client.Adopt(Kept(Encoding.UTF8.GetBytes(state), Encoding.UTF8.GetBytes(state)), 0);
        Assert.Equal((numbering, true), (client.Outbox.Numbering, client.Outbox.IsEmpty));
        Assert.Equal(["DeliveryUnreadable", "DeliveryUnreadable"], bench.Gateway.Logs.GetSnapshot().Where(l => l.Id.Id == 50).Select(l => l.Id.Name));
    }

    [Fact]
    public void Cut_and_changed_states_never_throw()
    {
        using var nodes = new LinkedNodes();
        var client = nodes.Engine(0).Deliveries.GetOrAdd("pump-1", nodes[0].Time.GetTimestamp());
        nodes.Engine(0).DeliverToClient("pump-1", "order", "content"u8.ToArray(), TimeSpan.FromMinutes(1));
        var state = client.GiveUp(nodes[0].Time.GetTimestamp()).ToArray();
        Assert.Equal(1, JsonDocument.Parse(state).RootElement.GetProperty("v").GetInt32());
        for (var i = 1; i < state.Length; i++)
        {
            var target = new ClientDelivery("pump-1", new UnsettledCount(), nodes.Engine(1).Outboxes);
            target.Adopt(Kept(state.AsMemory(0, i)), 0);
            Assert.True(target.Outbox.IsEmpty);
            byte[] changed = [.. state];
            changed[i] ^= 1;
            new ClientDelivery("pump-1", new UnsettledCount(), nodes.Engine(1).Outboxes).Adopt(Kept(changed, state), 0);
        }
    }

    [Fact]
    public void Waiting_for_results_is_bounded_and_ends_with_the_gateway()
    {
        using var bench = new OutboxBench();
        List<DeliveryResult> told = [];
        var away = new AwayMessages(bench.Gateway.Time, (_, result) => told.Add(result), capacity: 2);
        var ids = new DeliveryIds();
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => away.TryAdd(new MessageDelivery(ids, "pump-1", isNumbered: true), 100)));
        away.Close();
        Assert.Equal([DeliveryResult.NodeUnknown, DeliveryResult.NodeUnknown], told);
        Assert.Equal(0, away.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("-1")]
    [InlineData("ab-")]
    [InlineData("ab--1")]
    [InlineData("zz-1")]
    [InlineData("ab-99999999999999999999")]
    public void A_text_that_is_no_id_of_a_message_is_none(string id) => Assert.False(new DeliveryIds().TryRead(id, out _, out _));

    private static byte[] HeldMessage => """{"v":1,"message":{"id":"ab-1","number":0,"type":"b3JkZXI=","content":"eA==","leftMs":60000}}"""u8.ToArray();

    private static ClusterKept Kept(ReadOnlyMemory<byte> delivery, params ReadOnlyMemory<byte>[] held) =>
        new() { Delivery = delivery, Held = [.. held.Select(h => new ClusterHeldMessage(h, TimeSpan.FromMinutes(1)))] };
}
