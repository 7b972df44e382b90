using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Messages to clients of other nodes, and what the caller learns of them.</summary>
public sealed class AcrossNodesTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_message_reaches_a_client_of_another_node_and_its_result_comes_back()
    {
        using var nodes = new LinkedNodes();
        var client = await AckClient.ConfirmedAsync(nodes[1]);
        var delivery = await nodes.DeliverAsync(0, "start");
        Assert.Equal((DeliveryResult.Queued, true, false), (delivery.Result, delivery.IsNumbered, delivery.IsSettled));
        await client.UntilAsync(c => c.Types.Contains("order"));
        await client.AckAsync(1);
        Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(delivery));
        Assert.Equal((1, 0), (nodes.Engine(0).LastDelivery, nodes.Engine(1).LastDelivery));
    }

    [Fact]
    public async Task A_client_without_acknowledgements_gets_it_at_most_once()
    {
        using var nodes = new LinkedNodes();
        var (client, _) = await nodes[1].IdentifiedAsync();
        var delivery = await nodes.DeliverAsync(0, "start");
        Assert.Equal((DeliveryResult.Queued, false, true), (delivery.Result, delivery.IsNumbered, delivery.IsSettled));
        Assert.Equal("order", (await client.ReadFrameAsync()).Type);
        Assert.Equal(0, nodes.Engine(0).Outboxes.Away.Count);
    }

    [Fact]
    public async Task Several_clients_of_one_node_are_one_question()
    {
        using var nodes = new LinkedNodes(3);
        for (var i = 0; i < 6; i++) await AckClient.ConfirmedAsync(nodes[i % 3], AckClient.Hello($"pump-{i}"));
        var deliveries = await nodes.Engine(0).DeliverToClientsAcrossNodesAsync(
            ["pump-0", "pump-1", "pump-2", "pump-3", "pump-4", "pump-5", "pump-6"], "order", "x"u8.ToArray(), null, TestContext.Current.CancellationToken);
        Assert.Equal([.. Enumerable.Repeat(DeliveryResult.Queued, 6), DeliveryResult.Gone], deliveries.Select(d => d.Result));
        Assert.Equal(["deliver"], nodes.Clusters[1].Asked);
        Assert.Equal(["deliver"], nodes.Clusters[2].Asked);
        Assert.Empty(nodes.Clusters[0].Asked);
    }

    [Fact]
    public async Task A_client_that_is_connected_nowhere_gets_it_at_its_next_node()
    {
        using var nodes = new LinkedNodes();
        Assert.Equal(DeliveryResult.Gone, (await nodes.DeliverAsync(0, "gone")).Result);
        var delivery = await nodes.DeliverAsync(0, "held", Minute);
        Assert.Equal((DeliveryResult.Held, true), (delivery.Result, delivery.IsNumbered));
        var client = await AckClient.ConfirmedAsync(nodes[1]);
        await client.UntilAsync(c => c.Types.Contains("order"));
        await client.AckAsync(1);
        Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(delivery));
    }

    [Fact]
    public async Task A_connection_that_is_not_confirmed_gets_it_when_it_is()
    {
        using var nodes = new LinkedNodes();
        var client = await AckClient.WelcomedAsync(nodes[1]);
        Assert.Equal(DeliveryResult.Gone, (await nodes.DeliverAsync(0, "not held")).Result);
        var delivery = await nodes.DeliverAsync(0, "held", Minute);
        Assert.Equal(DeliveryResult.Held, delivery.Result);
        await client.AckAsync(0);
        await client.UntilAsync(c => c.Types.Contains("order"));
        await client.AckAsync(1);
        Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(delivery));
    }

    [Theory]
    [InlineData(null, DeliveryResult.NodeUnreachable)]
    [InlineData(60, DeliveryResult.NodeUnreachable)]
    public async Task A_node_that_cannot_be_reached_is_told_at_once(int? ttl, DeliveryResult result)
    {
        using var nodes = new LinkedNodes();
        await AckClient.ConfirmedAsync(nodes[1]);
        nodes.Clusters[1].Answering = NodeAnswerKind.Unreachable;
        var delivery = await nodes.DeliverAsync(0, "x", ttl is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        Assert.Equal((result, true, 0), (delivery.Result, delivery.IsSettled, nodes.Engine(0).Outboxes.Away.Count));
        nodes.Clusters[0].IsDegraded = true;
        Assert.Equal(DeliveryResult.NodeUnreachable, (await nodes.DeliverAsync(0, "y", Minute)).Result);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_told_as_unknown_until_the_result_comes()
    {
        using var nodes = new LinkedNodes();
        var client = await AckClient.ConfirmedAsync(nodes[1]);
        nodes.Clusters[1].LosesAnswers = true;
        var arrived = await nodes.DeliverAsync(0, "arrived");
        Assert.Equal((DeliveryResult.NodeUnknown, false), (arrived.Result, arrived.IsSettled));
        (nodes.Clusters[1].LosesAnswers, nodes.Clusters[1].Answering) = (false, NodeAnswerKind.Unknown);
        var lost = await nodes.DeliverAsync(0, "lost");
        await client.UntilAsync(c => c.Types.Contains("order"));
        await client.AckAsync(1);
        Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(arrived));
        nodes.Advance(Minute + AwayMessages.Grace);
        Assert.Equal(DeliveryResult.NodeUnknown, await LinkedNodes.EndAsync(lost));
    }

    [Fact]
    public async Task A_client_that_moves_while_its_node_is_asked_is_looked_up_again()
    {
        using var nodes = new LinkedNodes(3);
        var client = new MovingClient(nodes);
        client.Connect(1);
        nodes.Clusters[1].OnAsked = () => client.Connect(2);
        var delivery = await nodes.DeliverAsync(0, "x");
        Assert.Equal(DeliveryResult.Queued, delivery.Result);
        client.Read();
        Assert.Equal(["x"], client.Received);
        // A client that is never where the directory says is looked up a few times.
        nodes.Clusters[1].OnAsked = null;
        nodes.Directory.Entries["pump-18"] = (nodes.Clusters[1], new ClusterMember("pump-18", 1, "1") { Session = "" });
        Assert.Equal(DeliveryResult.Gone, (await nodes.DeliverAsync(0, "x", clientId: "pump-18")).Result);
        Assert.Equal(4, nodes.Clusters[1].Asked.Count);
    }

    [Fact]
    public async Task Real_connections_move_with_their_numbers()
    {
        using var nodes = new LinkedNodes();
        var old = await AckClient.ConfirmedAsync(nodes[0]);
        var first = await nodes.DeliverAsync(0, "first");
        await old.UntilAsync(c => c.Types.Contains("order"));
        await old.SendAsync(1, 2);
        await old.AcknowledgedAsync(2);
        var fresh = await AckClient.WelcomedAsync(nodes[1], AckClient.Hello(attempt: 2, sent: 2));
        Assert.Equal((CloseReason.Replaced, true), ((await old.ClosedAsync()).Reason, old.Close!.Retry));
        Assert.Equal((old.Welcome.Pushes, 2L), (fresh.Welcome.Pushes, fresh.Welcome.Accepted));
        // It had received the first message, and only the acknowledgement was lost.
        await fresh.AckAsync(1);
        Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(first));
        var second = await nodes.DeliverAsync(0, "second");
        await fresh.UntilAsync(c => c.Types.Contains("order"));
        await fresh.AckAsync(2);
        Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(second));
        await fresh.SendAsync(2, 3);
        await fresh.AcknowledgedAsync(3);
        await fresh.CutAsync();
        var third = await AckClient.WelcomedAsync(nodes[0], AckClient.Hello(attempt: 3, sent: 3));
        Assert.Equal((old.Welcome.Pushes, 3L), (third.Welcome.Pushes, third.Welcome.Accepted));
    }

    [Fact]
    public async Task A_crash_of_the_node_that_holds_a_message_lets_it_expire_where_it_was_accepted()
    {
        using var nodes = new LinkedNodes();
        await AckClient.ConfirmedAsync(nodes[1]);
        var delivery = await nodes.DeliverAsync(0, "x", Minute);
        nodes.Directory.Nodes.Remove("epoch-1");
        nodes[0].Time.Advance(Minute + AwayMessages.Grace - TimeSpan.FromTicks(1));
        nodes.Engine(0).Outboxes.Sweep();
        Assert.False(delivery.IsSettled);
        nodes[0].Time.Advance(TimeSpan.FromTicks(1));
        nodes.Engine(0).Outboxes.Sweep();
        Assert.Equal(DeliveryResult.Expired, await LinkedNodes.EndAsync(delivery));
    }

    [Fact]
    public async Task Results_wait_while_the_cluster_cannot_be_reached()
    {
        using var nodes = new LinkedNodes();
        var client = new MovingClient(nodes);
        client.Connect(1);
        var delivery = await nodes.DeliverAsync(0, "x");
        nodes.Clusters[1].IsDegraded = true;
        client.Read();
        client.Acknowledge();
        await EngineHarness.SettleAsync();
        Assert.False(delivery.IsSettled);
        nodes.Clusters[1].IsDegraded = false;
        for (var i = 0; i < 100 && !delivery.IsSettled; i++)
        {
            nodes.Engine(1).Outboxes.Sweep();
            await EngineHarness.SettleAsync();
        }

        Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(delivery));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"type":"order","clients":[{"id":"pump-17"}]}""")]
    [InlineData("""{"type":"order","clients":[null]}""")]
    public async Task A_question_that_is_none_is_not_answered(string body)
    {
        using var nodes = new LinkedNodes();
        await Assert.ThrowsAnyAsync<Exception>(async () => await nodes.Clusters[0].AskAsync("epoch-1", "deliver", System.Text.Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken));
    }
}
