using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>
/// The receiver of the webhook is down for ten minutes, while 200 clients send and 10,000 takeovers happen. Memory stays bounded, no heartbeat waits, and
/// everything that was acknowledged afterwards has arrived.
/// </summary>
[Trait("Lane", "outage")]
public sealed class ReceiverOutageTests
{
    private const int Senders = 200;
    private const int Messages = 1000;
    private const int Takeovers = 10_000;
    private const int Identities = 50;

    /// <summary>What waits in the gateway is bounded by the settings below; the rest is garbage that is not collected yet.</summary>
    private const long MaxGrowth = 160L * 1024 * 1024;

    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(10);
    private static readonly TimeProvider Time = TimeProvider.System;

    [Fact]
    public async Task A_receiver_that_is_down_for_ten_minutes_costs_bounded_memory_and_delays_no_heartbeat()
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new RoutedNetwork();
        await using var receiver = await FaultyReceiver.StartAsync();
        await using var gateway = new RestartedGateway(
            network, receiver.Port, ("Gateway__Webhook__MaxWaitingMessages", "10000"), ("Gateway__Webhook__MaxWaitingBytes", "16777216"));
        await gateway.StartAsync();
        await using var canary = await Canary.StartAsync(new ClientPort(gateway.EndPoint, null));
        var before = WatchedGateway.ResidentBytesOf(gateway.Process.Id);
        receiver.Mode = ReceiverMode.Hangs;
        await using var fleet = new NumberingFleet(gateway.EndPoint, Senders, Messages);
        using var timeout = new CancellationTokenSource(Outage * 2, Time);
        var sending = fleet.SendAllAsync(timeout.Token);

        var (began, peak, takenOver) = (Time.GetTimestamp(), 0L, 0);
        var connections = new AckSocket?[Identities];
        for (var takeover = 0; Time.GetElapsedTime(began) < Outage; takeover++)
        {
            if (takeover < Takeovers)
            {
                var (identity, attempt) = (takeover % Identities, takeover / Identities);
                var next = await AckSocket.ConnectAsync(gateway.EndPoint, $"taken-{identity}", attempt);
                // Nothing is acknowledged, so each connection sends again what its predecessors have sent, and one message more.
                for (var number = 1; number <= attempt + 1; number++) await next.SendMessageAsync(number);
                connections[identity]?.Dispose();
                connections[identity] = next;
                takenOver++;
            }

            peak = Math.Max(peak, WatchedGateway.ResidentBytesOf(gateway.Process.Id));
            await Task.Delay(Outage / (2 * Takeovers), Time);
        }

        var answers = canary.Answers.Order().ToList();
        Write($"resident memory {before >> 20} MiB before and {peak >> 20} MiB at most; {receiver.Requests} requests; "
            + $"the canary's pongs took {answers[answers.Count * 99 / 100].TotalMilliseconds:0.0} ms (p99), {answers[^1].TotalMilliseconds:0.0} ms (max)");
        Assert.True(peak - before < MaxGrowth, $"Resident memory grew by {(peak - before) >> 20} MiB.");
        Assert.Equal(0, GatewayProcess.Metric(await gateway.Process.ScrapeAsync(), """heartbeatgateway_timeouts_total{kind="reader_idle"}"""));

        Assert.Equal(Takeovers, takenOver);
        receiver.Mode = ReceiverMode.Accepts;
        await sending;
        foreach (var connection in connections) connection?.Dispose();
        Assert.Empty(receiver.Messages.Violations.Take(10));
        Assert.All(Enumerable.Range(0, Senders), i => Assert.Equal(Messages, receiver.Messages.HighestOf(NumberingFleet.NameOf(i))));
        Assert.All(gateway.Counts, counts => Assert.True(counts.IsBalanced, $"{counts}"));
        await canary.AssertAliveAsync();
    }

    private static void Write(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
