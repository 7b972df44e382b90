using System.Net;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Disconnects;

/// <summary>Each cause of a timeout, made on real sockets. The tests wait and need hardly any processor time.</summary>
[Trait("Lane", "quiet")]
public sealed class TimeoutCauseTests
{
    private const int Clients = 20;
    private const int Tries = 3;
    private const string Stalls = "heartbeatgateway_stalls_total";
    private const string NetworkLoss = """heartbeatgateway_timeouts_total{kind="reader_idle",cause="network_loss"}""";
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);
    private static readonly TimeProvider Time = TimeProvider.System;

    /// <summary>Without a push the gateway has sent nothing that could be unacknowledged: only the kernel's probe shows the loss.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cut_off_clients_are_network_loss_and_silent_ones_beside_them_are_not(bool withPush)
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new RoutedNetwork();
        await using var gateway = await WatchedGateway.StartAsync(
            new GatewayLaunch { Command = [.. network.Inside.Prefix, "dotnet", Repository.GatewayDll], Address = network.Inside.Address }, EndedConnections.Access);
        var before = 0.0;
        var (lost, kept, number) = await WithoutStallAsync(gateway, async number =>
        {
            before = GatewayProcess.Metric(await gateway.Process.ScrapeAsync(), NetworkLoss);
            await using var cut = await Crowd.ConnectAsync(gateway.Port, Clients, (client, i) => client.HelloAsync($"cut-{number}-{i}"));
            await using var silent = await Crowd.ConnectAsync(gateway.Port, Clients, (client, i) => client.HelloAsync($"silent-{number}-{i}"));
            await cut.WaitForFramesAsync(1, MaxWait);
            await silent.WaitForFramesAsync(1, MaxWait);
            // What was sent before is acknowledged by now.
            await Task.Delay(TimeSpan.FromSeconds(1), Time, TestContext.Current.CancellationToken);
            network.Cut(cut.Clients.Select(c => ((IPEndPoint)c.Socket.LocalEndPoint!).Port));
            if (withPush) await gateway.Process.BroadcastAsync();
            var lost = await gateway.Process.WaitAsync($"prefix=cut-{number}", Clients, MaxWait);
            var kept = await gateway.Process.WaitAsync($"prefix=silent-{number}", Clients, MaxWait);
            network.Restore();
            return (lost, kept, number);
        });

        Print(lost[0].Json);
        Print(kept[0].Json);
        Assert.All(lost, e => Assert.Equal(("reader_idle", "network", "network_loss"), (e.Reason, e.Origin, e.Cause)));
        Assert.All(kept, e => Assert.Equal(("reader_idle", "client", "client_silent"), (e.Reason, e.Origin, e.Cause)));
        Assert.Equal(Clients, (await gateway.Process.WaitAsync($"cause=network_loss&origin=network&prefix=cut-{number}", Clients, MaxWait)).Count);
        await gateway.Process.ReachesAsync(NetworkLoss, before + Clients);
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>The client's system answers for it, whatever the gateway sends, as while the program hangs.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["Transport", "tls"])]
    public async Task A_client_with_an_open_socket_that_stops_sending_is_client_silent(bool tls)
    {
        await using var gateway = await WatchedGateway.StartAsync(tls, EndedConnections.Access);
        var ended = await WithoutStallAsync(gateway, async number =>
        {
            using var client = new CrowdClient();
            await client.ConnectAsync(gateway.Port);
            await client.HelloAsync($"hangs-{number}");
            for (var i = 0; i < 3; i++)
            {
                await client.PingAsync();
                await Task.Delay(TimeSpan.FromSeconds(1), Time, TestContext.Current.CancellationToken);
            }

            await gateway.Process.BroadcastAsync();
            return Assert.Single(await gateway.Process.WaitAsync($"id=hangs-{number}", 1, MaxWait));
        });

        Print(ended.Json);
        Assert.Equal(("reader_idle", "client", "client_silent"), (ended.Reason, ended.Origin, ended.Cause));
        await gateway.AssertRecoveredAsync();
    }

    [Fact]
    public async Task A_client_whose_interval_is_close_to_the_limit_is_interval_too_long_at_the_first_late_heartbeat()
    {
        // Nine tenths of the limit, so that a busy machine has two seconds for each ping.
        var (limit, interval) = (TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(18));
        await using var gateway = await WatchedGateway.StartAsync([("Gateway__Heartbeat__ReaderIdle", $"{limit}"), .. EndedConnections.Access]);
        var ended = await WithoutStallAsync(gateway, async number =>
        {
            using var client = new CrowdClient();
            await client.ConnectAsync(gateway.Port);
            await client.HelloAsync($"near-{number}");
            // Each ping has a time of its own: one that is late does not delay the next.
            var began = Time.GetTimestamp();
            for (var pings = 0; pings < 3; pings++)
            {
                var early = (interval * pings) - Time.GetElapsedTime(began);
                if (early > TimeSpan.Zero) await Task.Delay(early, Time, TestContext.Current.CancellationToken);
                await client.PingAsync();
            }

            return Assert.Single(await gateway.Process.WaitAsync($"id=near-{number}", 1, MaxWait));
        });

        Print(ended.Json);
        Assert.Equal(("reader_idle", "client", "interval_too_long"), (ended.Reason, ended.Origin, ended.Cause));
        await gateway.AssertRecoveredAsync();
    }

    [Fact]
    public async Task A_client_whose_interval_is_above_the_limit_is_interval_too_long_when_it_comes_back_and_is_closed_again()
    {
        await using var gateway = await WatchedGateway.StartAsync([("Gateway__Heartbeat__ReaderIdle", "00:00:02"), .. EndedConnections.Access]);
        var ended = await WithoutStallAsync(gateway, async number =>
        {
            for (var i = 0; i < 3; i++)
            {
                using var client = new CrowdClient();
                await client.ConnectAsync(gateway.Port);
                await client.HelloAsync($"slow-{number}");
                await client.PingAsync();
                await client.Ended.WaitAsync(MaxWait, Time, TestContext.Current.CancellationToken);
                await Task.Delay(TimeSpan.FromSeconds(1), Time, TestContext.Current.CancellationToken);
            }

            return await gateway.Process.WaitAsync($"id=slow-{number}", 3, MaxWait);
        });

        Assert.Equal(["interval_too_long", "interval_too_long", "client_silent"], ended.Select(e => e.Cause));
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>A client that waits for each answer gives up on a gateway that is stopped, and leaves its socket open.</summary>
    [Fact]
    public async Task A_client_that_gives_up_on_a_stopped_gateway_is_gateway_stall()
    {
        await using var gateway = await WatchedGateway.StartAsync(EndedConnections.Access);
        using (var client = new CrowdClient())
        {
            await client.ConnectAsync(gateway.Port);
            await client.HelloAsync("patient");
            for (var i = 0; i < 3; i++)
            {
                await client.PingAsync();
                await Task.Delay(TimeSpan.FromSeconds(2), Time, TestContext.Current.CancellationToken);
            }

            gateway.Process.Signal("STOP");
            try
            {
                await client.PingAsync();
                await Task.Delay(TimeSpan.FromSeconds(6), Time, TestContext.Current.CancellationToken);
            }
            finally
            {
                gateway.Process.Signal("CONT");
            }

            var ended = Assert.Single(await gateway.Process.WaitAsync("id=patient", 1, MaxWait));
            Print(ended.Json);
            Assert.Equal(("reader_idle", "gateway", "gateway_stall"), (ended.Reason, ended.Origin, ended.Cause));
            await gateway.Process.ReachesAsync("""heartbeatgateway_timeouts_total{kind="reader_idle",cause="gateway_stall"}""", 1);
        }

        await gateway.AssertRecoveredAsync();
    }

    /// <summary>
    /// A pause of the gateway is a cause of its own, and rightly named. On a busy machine it may pause by itself: what happened meanwhile is not judged, and
    /// made once more.
    /// </summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="once">Makes the timeouts; told the number of the try, for the ids of its clients.</param>
    /// <returns>What the first try without a pause returned; what the last one returned when there was none.</returns>
    private static async Task<T> WithoutStallAsync<T>(WatchedGateway gateway, Func<int, Task<T>> once)
    {
        for (var number = 1; ; number++)
        {
            var before = await gateway.Process.MetricAsync(Stalls);
            var result = await once(number);
            if (number == Tries || (await gateway.Process.MetricAsync(Stalls)).Equals(before)) return result;
            Print($"the gateway paused in try {number}");
        }
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
