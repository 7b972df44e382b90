using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Stalls;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Networks;

/// <summary>
/// Packet loss for ten minutes, and for three minutes over TLS. The test needs hardly any processor time, so CI runs it in a separate process beside the other fault tests.
/// </summary>
[Trait("Lane", "quiet")]
public sealed class LossTests
{
    private const int Clients = 200;
    private const int Percent = 5;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A ping has two seconds to arrive. With the 200 ms of the kernel it is sent at 0, 0.2, 0.4, 0.9 and 1.7 s, and of the 62,000 pings of all runs one in fifty times one
    /// is lost each time, which no gateway could survive. With 40 ms there are seven attempts.
    /// </summary>
    private static readonly TimeSpan Retransmit = TimeSpan.FromMilliseconds(40);

    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 3, Traits = ["Transport", "tls"])]
    public async Task Closes_no_connection_in_minutes_of_five_percent_packet_loss(bool tls, int minutes)
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new RoutedNetwork();
        network.Inside.RetransmitAfter(Retransmit);
        await using var gateway = await WatchedGateway.StartAsync(
            new GatewayLaunch { Command = [.. network.Inside.Prefix, "dotnet", Repository.GatewayDll], Address = network.Inside.Address }, tls);
        await using (var crowd = await Crowd.ConnectAsync(gateway.Port, Clients, heartbeat: Heartbeat))
        {
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));
            network.Lose(Percent);
            await Task.Delay(TimeSpan.FromMinutes(minutes), TimeProvider.System, TestContext.Current.CancellationToken);
            var unjudged = crowd.AssertAllOpen(SilentClients.Limit);
            var page = await gateway.Process.ScrapeAsync();
            Assert.Equal(Clients + 1 - unjudged, GatewayProcess.Metric(page, "heartbeatgateway_connected_clients"));
            Assert.Equal(unjudged, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="reader_idle"}"""));
            var (all, lost) = network.Packets;
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{lost} of {all} packets lost, {GatewayProcess.Metric(page, "heartbeatgateway_heartbeats_total")} pings answered, "
                + $"the canary's slowest answer took {gateway.Canary.Answers.Max().TotalSeconds:0.000} s");
            // The packets are the pings in both directions and their acknowledgements. A lower share would mean that the network lost nothing.
            Assert.InRange((double)lost / all, 0.04, 0.06);
        }

        await gateway.AssertRecoveredAsync();
    }
}
