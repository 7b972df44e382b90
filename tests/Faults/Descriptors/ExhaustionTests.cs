using System.Net;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Descriptors;

/// <summary>No descriptor is left, while many keep asking for one.</summary>
public sealed class ExhaustionTests
{
    private const int Descriptors = 300;

    /// <summary>More than the gateway lets connections use, so that it is not its own limit that turns them away.</summary>
    private const int MoreDescriptors = 400;
    private const int Strangers = 500;
    private const int Clients = 10;
    private const int Few = 8;
    private const string TurnedAway = "heartbeatgateway_connections_rejected_total{reason=\"limit_descriptors\"}";
    private const string Opened = "heartbeatgateway_connections_opened_total";
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(1);

    /// <summary>Lines of everybody and not of warnings alone; nobody is lost for silence; no limit but that of the descriptors.</summary>
    private static readonly (string, string?)[] Settings =
    [
        ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Information"),
        ("Gateway__Heartbeat__ReaderIdle", "00:01:00"),
        ("Gateway__Admission__MaxConnections", "0"),
    ];

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task A_crowd_that_insists_costs_little_and_is_told_of_once_a_second()
    {
        await using var gateway = await WatchedGateway.StartAsync(Limited(Repository.GatewayDll, Descriptors), Settings);
        await using var clients = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients);
        clients.Beat(TimeSpan.FromSeconds(1));
        await clients.HeardAsync(1, TimeSpan.FromSeconds(10));
        Assert.Empty(clients.Gone);
        var opened = await gateway.Process.MetricAsync(Opened);

        await using var strangers = new Insistence(gateway.Process.EndPoint, Strangers);
        await WaitAsync(async () => await gateway.Process.MetricAsync(TurnedAway) > 0 && strangers.Attempts >= Strangers);
        await WatchAsync(gateway, clients);
        Assert.True(strangers.Served > 0, "Nobody got in.");

        await strangers.LeaveAsync();
        var freed = _time.GetTimestamp();
        await using var late = new Insistence(gateway.Process.EndPoint, 1, TimeSpan.FromMilliseconds(10));
        await WaitAsync(() => Task.FromResult(late.Served == 1));
        var recovered = _time.GetElapsedTime(freed);
        var attempts = strangers.Attempts + late.Attempts;
        Print($"accepted again {recovered.TotalMilliseconds:0} ms after descriptors were free; {attempts} attempts");
        Assert.True(recovered < Recovery, $"Nobody was accepted for {recovered}.");
        var page = await gateway.Process.ScrapeAsync();
        Assert.Equal(attempts, GatewayProcess.Metric(page, Opened) - opened + GatewayProcess.Metric(page, TurnedAway));
        await clients.LeaveAsync();
        await late.LeaveAsync();
        await gateway.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_process_that_has_not_a_single_one_left_waits_and_recovers()
    {
        await using var gateway = await WatchedGateway.StartAsync(Limited(Repository.FaultHostDll, MoreDescriptors), Settings);
        await using var clients = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients);
        clients.Beat(TimeSpan.FromSeconds(1));
        await clients.HeardAsync(1, TimeSpan.FromSeconds(10));
        Assert.Empty(clients.Gone);
        await gateway.Process.Http.GetStringAsync("/livez");
        // Somebody else takes all but a few, and connections take those. Not a single one is left from then on until an accept fails.
        // More than once: the liveness probe that was just answered gives its own back a moment later.
        await WaitAsync(
            async () =>
            {
                await clients.Clients[0].SendFrameAsync("take-descriptors", $"{MoreDescriptors - Few}");
                return InUse(gateway) >= MoreDescriptors - Few;
            },
            () => $"{InUse(gateway)} descriptors are in use.\n{string.Join('\n', gateway.Process.Lines)}");

        await using var strangers = new Insistence(gateway.Process.EndPoint, Strangers);
        await gateway.Process.SawAsync("AcceptFailed");
        await WaitAsync(() => Task.FromResult(strangers.Served > 0));
        await WatchAsync(gateway, clients);
        // What was kept for the process itself is for it alone.
        Assert.InRange(strangers.Served, 1, 2 * Few);

        var freed = _time.GetTimestamp();
        await clients.Clients[0].SendFrameAsync("release-descriptors", "");
        await WaitAsync(() => Task.FromResult(strangers.Served > 2 * Few));
        var recovered = _time.GetElapsedTime(freed);
        Print($"accepted again {recovered.TotalMilliseconds:0} ms after descriptors were free");
        Assert.True(recovered < Recovery, $"Nobody was accepted for {recovered}.");
        await strangers.LeaveAsync();
        await clients.LeaveAsync();
        await gateway.AssertUnharmedAsync();
    }

    private static GatewayLaunch Limited(string dll, int descriptors) => new() { Command = ["bash", "-c", $"ulimit -n {descriptors}; exec dotnet \"$0\"", dll] };

    /// <summary>For ten seconds: those who are there are answered, it is live, it logs next to nothing and works next to nothing.</summary>
    private async Task WatchAsync(WatchedGateway gateway, Crowd clients)
    {
        var lines = gateway.Process.Lines.Count;
        var heard = clients.Clients.Select(c => c.Frames).ToList();
        var processor = gateway.ProcessorTime;
        var began = _time.GetTimestamp();
        while (_time.GetElapsedTime(began) < Span)
        {
            Assert.Equal(HttpStatusCode.OK, await IsLiveAsync(gateway));
            await Task.Delay(TimeSpan.FromMilliseconds(250), _time, TestContext.Current.CancellationToken);
        }

        var took = _time.GetElapsedTime(began);
        var used = (gateway.ProcessorTime - processor) / took;
        // Those who got in at first may be told of late.
        var logged = gateway.Process.Lines.Skip(lines).Where(l => !l.Contains("\"ClientConnected\"", StringComparison.Ordinal)).ToList();
        Print($"{took.TotalSeconds:0.0} s with {InUse(gateway)} descriptors in use: {logged.Count} log lines, {used:0.000} of a processor");
        Assert.All(clients.Clients, c => Assert.Equal(CrowdEnd.StillOpen, c.End));
        Assert.All(clients.Clients.Zip(heard), c => Assert.True(c.First.Frames >= c.Second + Span.TotalSeconds - 2, $"A client was answered {c.First.Frames - c.Second} times."));
        Assert.True(used < 0.5, $"It used {used:0.00} of a processor.");
        Assert.True(logged.Count <= took.TotalSeconds + 1, $"{logged.Count} lines:\n{string.Join('\n', logged.Take(30))}");
    }

    private static async Task<HttpStatusCode> IsLiveAsync(WatchedGateway gateway)
    {
        try
        {
            using var live = await gateway.Process.Http.GetAsync("/livez", TestContext.Current.CancellationToken);
            return live.StatusCode;
        }
        catch (HttpRequestException e)
        {
            throw new InvalidOperationException($"It is gone, and wrote at last:\n{string.Join('\n', gateway.Process.Lines.TakeLast(10))}", e);
        }
    }

    private static int InUse(WatchedGateway gateway) => Directory.EnumerateFileSystemEntries($"/proc/{gateway.Process.Id}/fd").Count();

    private async Task WaitAsync(Func<Task<bool>> condition, Func<string>? state = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), _time);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"It did not come to that. {state?.Invoke()}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, TestContext.Current.CancellationToken);
        }
    }

    private static void Print(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
