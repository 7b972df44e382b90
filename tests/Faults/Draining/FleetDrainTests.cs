using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Faults.Tests.Draining;

/// <summary>A gateway that is asked to stop while a whole fleet is connected.</summary>
public sealed class FleetDrainTests
{
    private const int Named = 10_000;
    private const int Anonymous = 300;
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task A_fleet_is_let_go_one_after_another_and_each_client_is_told_when_to_come_back()
    {
        await using var gateway = await WatchedGateway.StartAsync(
            ("Gateway__Draining__Duration", "00:00:20"), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Information"));
        await using var named = await Crowd.ConnectAsync(gateway.Process.EndPoint, Named, (client, i) => client.HelloAsync($"pump-{i:00000}"));
        await using var anonymous = await Crowd.ConnectAsync(gateway.Process.EndPoint, Anonymous);
        named.Beat(Heartbeat);
        anonymous.Beat(Heartbeat);
        await named.HeardAsync(2, TimeSpan.FromSeconds(30));
        await anonymous.HeardAsync(2, TimeSpan.FromSeconds(30));
        await gateway.Process.ReachesAsync("heartbeatgateway_connected_clients", Named + Anonymous + 1);

        var asked = _time.GetTimestamp();
        gateway.Process.Signal("TERM");
        var operators = WatchAsync(gateway.Process);
        CrowdClient[] all = [.. named.Clients, .. anonymous.Clients];
        await Task.WhenAll(all.Select(c => c.Ended)).WaitAsync(Drain + TimeSpan.FromSeconds(20), _time);
        Assert.Equal(0, await gateway.Process.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        var took = _time.GetElapsedTime(asked);
        await gateway.Process.SawAsync("EngineStopped");
        Assert.InRange(took, Drain, Drain + TimeSpan.FromSeconds(5));

        var ends = all.Select(c => c.EndedAt).Order().ToList();
        AssertOperatorsWereTold(await operators, ends[0], asked);
        Assert.All(all, c => Assert.Equal(CrowdEnd.Finished, c.End));
        AssertSpread([.. ends.Select(e => _time.GetElapsedTime(asked, e))], took);
        AssertSlots(named.Clients);
        Assert.All(anonymous.Clients, c => Assert.Equal("ping", c.LastFrame?.Type));
    }

    /// <summary>Asks as an orchestrator and a scraper do, and connects as a latecomer does, until nobody answers any more.</summary>
    private async Task<List<Look>> WatchAsync(GatewayProcess gateway)
    {
        var looks = new List<Look>();
        // Closely at first, to see that readiness fails before the first client is ended.
        while (looks is [] or [.., { Ready: HttpStatusCode.OK }])
        {
            var sent = _time.GetTimestamp();
            var ready = (await gateway.Http.GetAsync("/readyz")).StatusCode;
            looks.Add(new Look(sent, _time.GetTimestamp(), ready));
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
                looks.Add(new Look(sent, _time.GetTimestamp(), ready, live, draining, await IsRefusedAsync(gateway)));
            }
        }
        catch (HttpRequestException)
        {
            // The process has ended.
            return looks;
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

    private void AssertOperatorsWereTold(List<Look> looks, long firstEnd, long asked)
    {
        Assert.All(looks.Where(l => l.Sent > firstEnd), l => Assert.Equal(HttpStatusCode.ServiceUnavailable, l.Ready));
        var notReady = looks.First(l => l.Ready == HttpStatusCode.ServiceUnavailable);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"not ready {_time.GetElapsedTime(asked, notReady.Answered).TotalMilliseconds:0} ms after the signal, first client ended after {_time.GetElapsedTime(asked, firstEnd).TotalMilliseconds:0} ms");
        Assert.True(notReady.Answered <= firstEnd, "The first client was ended before the gateway said that it is not ready.");
        var full = looks.Where(l => l.Live is not null).ToList();
        Assert.True(full.Count >= 40, $"Only {full.Count} times in {Drain.TotalSeconds} s was there an answer.");
        Assert.All(full, l => Assert.Equal(HttpStatusCode.OK, l.Live));
        Assert.All(full, l => Assert.Equal(1, l.Draining));
        Assert.All(full, l => Assert.True(l.LatecomerWasRefused, "A latecomer could connect."));
    }

    private static void AssertSpread(List<TimeSpan> ends, TimeSpan took)
    {
        var seconds = ends.GroupBy(e => (int)e.TotalSeconds).ToDictionary(g => g.Key, g => g.Count());
        var mean = ends.Count / Drain.TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{ends.Count} ends from {ends[0].TotalSeconds:0.000} to {ends[^1].TotalSeconds:0.000} s; mean {mean:0} a second, at most {seconds.Values.Max()}; gone after {took.TotalSeconds:0.0} s");
        Assert.True(seconds.Values.Max() <= 2 * mean, $"One second held {seconds.Values.Max()} ends, the mean is {mean:0}.");
        Assert.True(seconds.Count >= Drain.TotalSeconds, $"The ends fell into {seconds.Count} seconds.");
    }

    /// <summary>The last that each client heard is its own slot, a millisecond after somebody else's.</summary>
    private static void AssertSlots(IEnumerable<CrowdClient> clients)
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

        Assert.Equal(Enumerable.Range(0, Named).Select(i => TimeSpan.FromMilliseconds(i)), slots.Order());
        TestContext.Current.TestOutputHelper?.WriteLine($"{slots.Count} slots from {slots.Min().TotalMilliseconds} to {slots.Max().TotalMilliseconds} ms, all different");
    }

    /// <summary>What an operator saw at one time; null where he did not look.</summary>
    private sealed record Look(long Sent, long Answered, HttpStatusCode Ready, HttpStatusCode? Live = null, double? Draining = null, bool LatecomerWasRefused = false);
}
