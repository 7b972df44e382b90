using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>
/// Two thousand clients send a million numbered messages through the webhook, while the gateway is killed twice, the network is cut, and the receiver fails
/// in every way. Each acknowledged message arrives, in order for each client, and twice only where that is marked.
/// </summary>
public sealed class ArrivalTests
{
    private const int Clients = 2000;
    private const int Messages = 500;
    private const long All = (long)Clients * Messages;
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(5);
    private static readonly TimeProvider Time = TimeProvider.System;

    [Fact]
    public async Task Each_acknowledged_message_arrives_in_order_through_kills_cuts_and_a_failing_receiver()
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new RoutedNetwork();
        await using var receiver = await FaultyReceiver.StartAsync();
        await using var gateway = new RestartedGateway(network, receiver.Port);
        await gateway.StartAsync();
        await using var fleet = new NumberingFleet(gateway.EndPoint, Clients, Messages);
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(8), Time);
        var sending = fleet.SendAllAsync(timeout.Token);

        await ReachAsync(fleet, 0.1, sending);
        await WhileAsync(receiver, ReceiverMode.Fails);
        await ReachAsync(fleet, 0.2, sending);
        await gateway.KillAsync();
        await gateway.StartAsync();
        await ReachAsync(fleet, 0.35, sending);
        network.Cut([gateway.EndPoint.Port]);
        await Task.Delay(Outage * 2.5, Time);
        network.Restore();
        await ReachAsync(fleet, 0.5, sending);
        await WhileAsync(receiver, ReceiverMode.Hangs);
        await ReachAsync(fleet, 0.65, sending);
        await WhileAsync(receiver, ReceiverMode.Closes);
        await gateway.KillAsync();
        // What the killed process has sent may still be on its way through the receiver.
        await receiver.RestsAsync();
        var answeredBefore = receiver.Answered;
        // No phase is left in which the receiver hangs. An answer that comes after the timeout would be counted by the receiver alone.
        await gateway.StartAsync(("Gateway__Webhook__Timeout", "00:00:30"));
        await ReachAsync(fleet, 0.8, sending);
        await WhileAsync(receiver, ReceiverMode.IsSlow);
        await sending;

        Write($"{receiver.Requests} requests, {receiver.Messages.Duplicates} marked duplicates, {gateway.Counts.Count} readings of the books");
        Assert.Empty(receiver.Messages.Violations.Take(10));
        Assert.All(Enumerable.Range(0, Clients), i => Assert.Equal(Messages, fleet.AcknowledgedOf(i)));
        Assert.All(Enumerable.Range(0, Clients), i => Assert.Equal(Messages, receiver.Messages.HighestOf(NumberingFleet.NameOf(i))));
        // Without duplicates the faults would not have met a message on its way.
        Assert.True(receiver.Messages.Duplicates > 0);
        Assert.All(Enum.GetValues<ReceiverMode>(), mode => Assert.True(receiver.RequestsIn(mode) > 0, $"{mode}"));
        Assert.True(gateway.Counts.Count > 20, $"{gateway.Counts.Count} readings of the books");
        Assert.All(gateway.Counts, counts => Assert.True(counts.IsBalanced && counts.InFlight >= 0 && counts.Waiting >= 0, $"{counts}"));
        // At rest: what the last process counts as delivered is what the receiver has answered with 200 since its start.
        var last = await gateway.ReadCountsAsync();
        Assert.Equal((0, 0, 0, 0), (last.Waiting, last.InFlight, last.Rejected, last.Dropped));
        Assert.Equal(receiver.Answered - answeredBefore, last.Delivered);
    }

    private static async Task WhileAsync(FaultyReceiver receiver, ReceiverMode mode)
    {
        receiver.Mode = mode;
        await Task.Delay(Outage, Time);
        receiver.Mode = ReceiverMode.Accepts;
    }

    /// <summary>Waits until a share of all messages is acknowledged.</summary>
    private static async Task ReachAsync(NumberingFleet fleet, double share, Task sending)
    {
        while (fleet.Acknowledged < share * All)
        {
            if (sending.IsCompleted) await sending;
            await Task.Delay(TimeSpan.FromMilliseconds(50), Time);
        }

        Write($"{fleet.Acknowledged} of {All} messages are acknowledged");
    }

    private static void Write(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
