using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Faults.Tests.Draining;

/// <summary>A gateway that is stopped by SIGTERM while a whole fleet is connected.</summary>
public sealed class FleetDrainTests
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = TimeProvider.System;

    [Theory]
    [InlineData(false, 10_000, 300, 20)]
    [InlineData(true, 500, 50, 8, Traits = ["Transport", "tls"])]
    public async Task Drains_a_fleet_evenly_and_gives_each_client_its_own_reconnect_slot(bool tls, int namedClients, int anonymousClients, int seconds)
    {
        var drain = TimeSpan.FromSeconds(seconds);
        await using var gateway = await WatchedGateway.StartAsync(
            tls, ("Gateway__Draining__Duration", $"{drain}"), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Information"));
        await using var named = await Crowd.ConnectAsync(gateway.Port, namedClients, (client, i) => client.HelloAsync($"pump-{i:00000}"));
        await using var anonymous = await Crowd.ConnectAsync(gateway.Port, anonymousClients);
        named.StartHeartbeats(Heartbeat);
        anonymous.StartHeartbeats(Heartbeat);
        await named.WaitForFramesAsync(2, TimeSpan.FromSeconds(30));
        await anonymous.WaitForFramesAsync(2, TimeSpan.FromSeconds(30));
        await gateway.Process.ReachesAsync("heartbeatgateway_connected_clients", namedClients + anonymousClients + 1);

        // Before the signal, so that a request is on its way when readiness fails.
        using var watch = new StallWatch();
        var observing = WatchAsync(gateway.Process);
        var asked = _time.GetTimestamp();
        gateway.Process.Signal("TERM");
        CrowdClient[] all = [.. named.Clients, .. anonymous.Clients];
        await Task.WhenAll(all.Select(c => c.Ended)).WaitAsync(drain + TimeSpan.FromSeconds(20), _time);
        Assert.Equal(0, await gateway.Process.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        var took = _time.GetElapsedTime(asked);
        await gateway.Process.SawAsync("EngineStopped");
        Assert.InRange(took, drain, drain + TimeSpan.FromSeconds(5) + watch.Longest(asked));

        var ends = all.Select(c => c.EndedAt).Order().ToList();
        AssertObservations(await observing, ends[0], asked, drain, watch);
        Assert.All(all, c => Assert.Equal(CrowdEnd.Finished, c.End));
        AssertSpread(ends, asked, took, drain, watch);
        AssertSlots(named.Clients);
        Assert.All(anonymous.Clients, c => Assert.Equal("ping", c.LastFrame?.Type));
    }

    /// <summary>
    /// Queries the health endpoints as an orchestrator does, scrapes metrics, and tries to connect late, until the gateway stops answering.
    /// </summary>
    private async Task<List<Observation>> WatchAsync(GatewayProcess gateway)
    {
        var observations = new List<Observation>();
        // Without pauses at first, to see that readiness fails before the first client is closed.
        while (observations is [] or [.., { Ready: HttpStatusCode.OK }])
        {
            var sent = _time.GetTimestamp();
            var ready = (await gateway.Http.GetAsync("/readyz")).StatusCode;
            observations.Add(new Observation(sent, _time.GetTimestamp(), ready));
        }

        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), _time);
                var sent = _time.GetTimestamp();
                var ready = (await gateway.Http.GetAsync("/readyz")).StatusCode;
                var live = (await gateway.Http.GetAsync("/livez")).StatusCode;
                var draining = await gateway.MetricAsync("heartbeatgateway_draining");
                observations.Add(new Observation(sent, _time.GetTimestamp(), ready, live, draining, await IsRefusedAsync(gateway)));
            }
        }
        catch (HttpRequestException)
        {
            // The process has ended.
            return observations;
        }
    }

    private static async Task<bool> IsRefusedAsync(GatewayProcess gateway)
    {
        try
        {
            using var late = await SocketClient.ConnectAsync(gateway.EndPoint);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    private void AssertObservations(List<Observation> observations, long firstEnd, long asked, TimeSpan drain, StallWatch watch)
    {
        Assert.All(observations.Where(o => o.Sent > firstEnd), o => Assert.Equal(HttpStatusCode.ServiceUnavailable, o.Ready));
        var notReady = observations.First(o => o.Ready == HttpStatusCode.ServiceUnavailable);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"not ready {_time.GetElapsedTime(asked, notReady.Answered).TotalMilliseconds:0} ms after the signal, "
            + $"first client closed after {_time.GetElapsedTime(asked, firstEnd).TotalMilliseconds:0} ms");
        // Both were seen by this process, which may have paused between them.
        var late = notReady.Answered <= firstEnd ? TimeSpan.Zero : _time.GetElapsedTime(firstEnd, notReady.Answered);
        Assert.True(late <= watch.Longest(asked, notReady.Answered), "The first client was closed before readiness failed.");
        var full = observations.Where(o => o.Live is not null).ToList();
        Assert.True(full.Count >= drain.TotalSeconds, $"The gateway answered only {full.Count} times in {drain.TotalSeconds} s.");
        Assert.All(full, o => Assert.Equal(HttpStatusCode.OK, o.Live));
        Assert.All(full, o => Assert.Equal(1, o.Draining));
        Assert.All(full, o => Assert.True(o.ConnectWasRefused, "A client could connect during the drain."));
    }

    /// <summary>
    /// In each second there are at most twice as many closes as in the mean. What was closed in a pause of this process is seen after it, in one second.
    /// </summary>
    private void AssertSpread(List<long> endedAt, long asked, TimeSpan took, TimeSpan drain, StallWatch watch)
    {
        var ends = endedAt.ConvertAll(e => _time.GetElapsedTime(asked, e));
        var seconds = ends.GroupBy(e => (int)e.TotalSeconds).ToDictionary(g => g.Key, g => g.Count());
        var mean = ends.Count / drain.TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{ends.Count} closes from {ends[0].TotalSeconds:0.000} to {ends[^1].TotalSeconds:0.000} s; "
            + $"mean {mean:0} a second, at most {seconds.Values.Max()}; process ended after {took.TotalSeconds:0.0} s");
        foreach (var (second, closes) in seconds)
        {
            var pause = PauseIn(second, second + 1);
            Assert.True(
                closes <= 2 * mean * (1 + pause.TotalSeconds),
                $"{closes} clients were closed in second {second}, with a pause of this process of {pause.TotalSeconds:0.00} s; the mean is {mean:0}.");
        }

        // A pause leaves no close to the seconds that lie within it.
        var hidden = Math.Floor(PauseIn(0, (int)took.TotalSeconds + 1).TotalSeconds);
        Assert.True(seconds.Count >= drain.TotalSeconds - hidden, $"The closes are spread over only {seconds.Count} seconds.");

        TimeSpan PauseIn(int from, int to) => watch.Longest(asked + (from * _time.TimestampFrequency), asked + (to * _time.TimestampFrequency));
    }

    /// <summary>The last frame of each client is a close with its own reconnect slot; the slots are 1 ms apart.</summary>
    private static void AssertSlots(IReadOnlyList<CrowdClient> clients)
    {
        var slots = new List<TimeSpan>();
        foreach (var client in clients)
        {
            Assert.Equal("close", client.LastFrame?.Type);
            Assert.True(ClosePayload.TryParse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(client.LastFrame!.Value.Content)), out var close));
            Assert.Equal(CloseReason.Draining, close.Reason);
            Assert.True(close.Retry);
            Assert.NotNull(close.After);
            slots.Add(close.After.Value);
        }

        Assert.Equal(Enumerable.Range(0, clients.Count).Select(i => TimeSpan.FromMilliseconds(i)), slots.Order());
        TestContext.Current.TestOutputHelper?.WriteLine($"{slots.Count} slots from {slots.Min().TotalMilliseconds} to {slots.Max().TotalMilliseconds} ms, all different");
    }

    /// <summary>What the gateway answered at one time; null where it was not queried.</summary>
    private sealed record Observation(
        long Sent, long Answered, HttpStatusCode Ready, HttpStatusCode? Live = null, double? Draining = null, bool ConnectWasRefused = false);
}
