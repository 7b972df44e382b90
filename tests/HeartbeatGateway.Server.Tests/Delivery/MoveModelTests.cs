using CsCheck;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Whatever way a client takes through the nodes: no message is lost or arrives twice, their order is that of the calls, and the node that was asked learns the result.</summary>
public sealed class MoveModelTests
{
    private const int Nodes = 3;

    private enum Step
    {
        Send,
        SendForLater,
        Read,
        ReadAndAcknowledge,
        Cut,
        Move,
    }

    private static readonly Gen<(Step Step, int Node)[]> Runs = Gen.Select(Gen.Int[0, 5].Select(step => (Step)step), Gen.Int[0, Nodes - 1]).Array[1, 60];

    [Fact]
    public Task Pushes_arrive_once_in_order_and_their_results_at_the_node_that_was_asked() => Runs.SampleAsync(RunAsync, iter: 100, threads: 1);

    [Fact]
    public void Numbers_of_the_client_reach_a_sink_on_some_node_and_twice_only_when_they_may_have_before() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 9]).Array[1, 60].Sample(RunInbound, iter: 200, threads: 1);

    private static async Task<bool> RunAsync((Step Step, int Node)[] run)
    {
        using var nodes = new LinkedNodes(Nodes);
        var client = new MovingClient(nodes);
        List<(MessageDelivery Delivery, string Content)> taken = [];
        var count = 0;
        foreach (var (step, node) in run)
        {
            switch (step)
            {
                case Step.Send or Step.SendForLater:
                    var content = $"{++count}";
                    var delivery = await nodes.DeliverAsync(node, content, step == Step.SendForLater ? TimeSpan.FromHours(1) : null);
                    if (delivery.Result != DeliveryResult.Gone) taken.Add((delivery, content));
                    else Assert.True(!client.IsConnected && step == Step.Send);
                    break;
                case Step.Read:
                    client.Read(1);
                    break;
                case Step.ReadAndAcknowledge:
                    client.Read(2);
                    client.Acknowledge();
                    break;
                case Step.Cut:
                    client.Cut();
                    break;
                default:
                    client.Connect(node);
                    break;
            }
        }

        client.Connect(0);
        client.Read();
        client.Acknowledge();
        Assert.Equal(taken.Select(t => t.Content), client.Received);
        foreach (var (delivery, _) in taken) Assert.Equal(DeliveryResult.Delivered, await LinkedNodes.EndAsync(delivery));
        for (var node = 0; node < Nodes; node++) Assert.Equal((0L, 0L, 0), (nodes.Engine(node).Outboxes.Messages, nodes.Engine(node).Outboxes.Bytes, nodes.Engine(node).Outboxes.Away.Count));
        return true;
    }

    private static void RunInbound((int Step, int Choice)[] run)
    {
        using var nodes = new LinkedNodes(Nodes);
        var unsettled = new UnsettledCount();
        var clients = Enumerable.Range(0, Nodes).Select(n => new ClientDelivery("pump-17", unsettled, nodes.Engine(n).Outboxes)).ToList();
        HashSet<long> handed = [];
        HashSet<long> accepted = [];
        List<(InboundNumbers Numbers, InboundEntry Entry)> open = [];
        ReadOnlyMemory<byte> state = default;
        DeliverySession? session = null;
        AckRecorder connection = new();
        var (node, sent, next, generation) = (0, 0L, 1L, 0L);
        Connect(0);
        foreach (var (step, choice) in run)
        {
            if (step == 0 && open.Count > 0) Settle(open[choice % open.Count]);
            else if (step == 3) Connect(choice % Nodes);
            else Send();
        }

        // What is not acknowledged comes again, until everything is accepted.
        Connect((node + 1) % Nodes);
        while (next <= sent) Send();
        foreach (var one in open.Where(o => o.Numbers == session!.Numbers).ToList()) Settle(one);
        session!.Numbers!.EndRead(session);
        Assert.Equal(sent, session.Numbers.Accepted ?? 0);
        Assert.True(accepted.SetEquals(Enumerable.Range(1, (int)sent).Select(n => (long)n)));

        void Connect(int to)
        {
            if (session is not null)
            {
                state = session.Client.GiveUp(nodes[node].Time.GetTimestamp());
                session.TryRelease();
            }

            node = to;
            if (!state.IsEmpty) clients[node].Adopt(new ClusterKept { Delivery = state }, nodes[node].Time.GetTimestamp());
            connection = new AckRecorder();
            session = new DeliverySession(clients[node], connection, "instance-a", sent) { Generation = ++generation };
            Assert.True(clients[node].Attach(session, 0));
            // Nothing is told as accepted that no sink has settled.
            for (var n = 1L; n <= (session.Told ?? 0); n++) Assert.Contains(n, accepted);
            next = (session.Told ?? 0) + 1;
        }

        void Send()
        {
            var reception = session!.Numbers!.Receive(session, next, 1, new UnacknowledgedLimits(1000, 100_000), isRead: true);
            if (reception.Kind == ReceptionKind.New)
            {
                Assert.True(handed.Add(next) || reception.IsRedelivered, $"{next} came twice, unmarked.");
                session.Numbers.Handed(reception.Entry!);
                open.Add((session.Numbers, reception.Entry!));
            }
            else Assert.Equal(ReceptionKind.Duplicate, reception.Kind);
            sent = Math.Max(sent, next++);
        }

        void Settle((InboundNumbers Numbers, InboundEntry Entry) one)
        {
            open.Remove(one);
            one.Entry.ForThisAttempt()(MessageVerdict.Accepted);
            accepted.Add(one.Entry.Number);
        }
    }
}
