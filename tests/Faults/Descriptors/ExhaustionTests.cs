using System.Net;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Descriptors;

/// <summary>All file descriptors are in use, while many clients keep trying to connect.</summary>
public sealed class ExhaustionTests
{
    /// <summary>More than the gateway allows connections to use, so that its own limit does not reject them.</summary>
    private const int MoreDescriptors = 400;
    private const int Retrying = 500;
    private const int Clients = 10;
    private const int Few = 8;

    /// <summary>A busy moment of the machine delays one recovery and rarely two: the shorter counts.</summary>
    private const int Tries = 2;

    private const string Rejected = "heartbeatgateway_connections_rejected_total{reason=\"limit_descriptors\"}";
    private const string Opened = "heartbeatgateway_connections_opened_total";
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(1);

    /// <summary>Logs every connection and not only warnings; no idle timeout during the test; no limit except that on file descriptors.</summary>
    private static readonly (string, string?)[] Settings =
    [
        ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Information"),
        ("Gateway__Heartbeat__ReaderIdle", "00:01:00"),
        ("Gateway__Admission__MaxConnections", "0"),
    ];

    private readonly TimeProvider _time = TimeProvider.System;

    /// <summary>With TLS the process itself has some more descriptors in use: those of the TLS library.</summary>
    [Theory]
    [InlineData(false, 350)]
    [InlineData(true, 370, Traits = ["Transport", "tls"])]
    public async Task Rejects_retrying_clients_with_little_processor_time_and_one_log_line_a_second(bool tls, int descriptors)
    {
        await using var gateway = await WatchedGateway.StartAsync(Limited(Repository.GatewayDll, descriptors), tls, Settings);
        await using var clients = await Crowd.ConnectAsync(gateway.Port, Clients);
        clients.StartHeartbeats(TimeSpan.FromSeconds(1));
        await clients.WaitForFramesAsync(1, TimeSpan.FromSeconds(10));
        Assert.Empty(clients.Disconnected);
        var opened = await gateway.Process.MetricAsync(Opened);

        var (attempts, recovered) = (0L, TimeSpan.MaxValue);
        for (var tries = 1; tries <= Tries && recovered >= Recovery; tries++)
        {
            var rejected = await gateway.Process.MetricAsync(Rejected);
            await using var retrying = new RetryingClients(gateway.Port, Retrying);
            await WaitAsync(async () => await gateway.Process.MetricAsync(Rejected) > rejected && retrying.Attempts >= Retrying);
            if (tries == 1) await WatchAsync(gateway, clients);
            Assert.True(retrying.Served > 0, "No retrying client was accepted.");

            await retrying.CloseAsync();
            var freed = _time.GetTimestamp();
            await using var late = new RetryingClients(gateway.Port, 1, TimeSpan.FromMilliseconds(10));
            await WaitAsync(() => Task.FromResult(late.Served == 1));
            recovered = _time.GetElapsedTime(freed);
            attempts += retrying.Attempts + late.Attempts;
            Print($"accepted again {recovered.TotalMilliseconds:0} ms after descriptors were free; {attempts} attempts");
        }

        Assert.True(recovered < Recovery, $"No connection was accepted for {recovered}.");
        var page = await gateway.Process.ScrapeAsync();
        Assert.Equal(attempts, GatewayProcess.Metric(page, Opened) - opened + GatewayProcess.Metric(page, Rejected));
        await clients.CloseAsync();
        await gateway.AssertRecoveredAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["Transport", "tls"])]
    public async Task Waits_and_recovers_when_no_file_descriptor_is_left(bool tls)
    {
        await using var gateway = await WatchedGateway.StartAsync(Limited(Repository.FaultHostDll, MoreDescriptors), tls, Settings);
        await using var clients = await Crowd.ConnectAsync(gateway.Port, Clients);
        clients.StartHeartbeats(TimeSpan.FromSeconds(1));
        await clients.WaitForFramesAsync(1, TimeSpan.FromSeconds(10));
        Assert.Empty(clients.Disconnected);
        await gateway.Process.Http.GetStringAsync("/livez");
        var recovered = TimeSpan.MaxValue;
        for (var tries = 1; tries <= Tries && recovered >= Recovery; tries++)
        {
            // The connections of an earlier try are gone.
            await gateway.Process.ReachesAsync("heartbeatgateway_connected_clients", Clients + 1);
            await using var retrying = await TakeAllAsync(gateway, clients.Clients[0]);
            if (tries == 1) await WatchAsync(gateway, clients);
            // Connections do not use the descriptors that are reserved for the process itself.
            Assert.InRange(retrying.Served, 1, 2 * Few);

            var freed = _time.GetTimestamp();
            await clients.Clients[0].SendFrameAsync("release-descriptors", "");
            await WaitAsync(() => Task.FromResult(retrying.Served > 2 * Few));
            recovered = _time.GetElapsedTime(freed);
            Print($"accepted again {recovered.TotalMilliseconds:0} ms after descriptors were free");
        }

        Assert.True(recovered < Recovery, $"No connection was accepted for {recovered}.");
        await clients.CloseAsync();
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>The fault host takes all descriptors except a few, and connections take those. From then on none is left, and an accept fails.</summary>
    /// <returns>Clients that keep trying to connect.</returns>
    private async Task<RetryingClients> TakeAllAsync(WatchedGateway gateway, CrowdClient taker)
    {
        var lines = gateway.Process.Lines.Count;
        // The order is repeated: the liveness probe that was just answered frees its descriptors a moment later.
        await WaitAsync(
            async () =>
            {
                await taker.SendFrameAsync("take-descriptors", $"{MoreDescriptors - Few}");
                return InUse(gateway) >= MoreDescriptors - Few;
            },
            () => $"{InUse(gateway)} descriptors are in use.\n{string.Join('\n', gateway.Process.Lines)}");

        var retrying = new RetryingClients(gateway.Port, Retrying);
        await gateway.Process.SawAsync("AcceptFailed", lines);
        await WaitAsync(() => Task.FromResult(retrying.Served > 0));
        return retrying;
    }

    private static GatewayLaunch Limited(string dll, int descriptors) =>
        new() { Command = ["bash", "-c", $"ulimit -n {descriptors}; exec dotnet \"$0\"", dll] };

    /// <summary>
    /// For ten seconds: connected clients are answered, the liveness probe succeeds, there is at most one log line a second, and the gateway
    /// uses less than half a processor.
    /// </summary>
    private async Task WatchAsync(WatchedGateway gateway, Crowd clients)
    {
        var lines = gateway.Process.Lines.Count;
        var received = clients.Clients.Select(c => c.Frames).ToList();
        var processor = gateway.ProcessorTime;
        var began = _time.GetTimestamp();
        while (_time.GetElapsedTime(began) < Span)
        {
            Assert.Equal(HttpStatusCode.OK, await IsLiveAsync(gateway));
            await Task.Delay(TimeSpan.FromMilliseconds(250), _time, TestContext.Current.CancellationToken);
        }

        var took = _time.GetElapsedTime(began);
        var used = (gateway.ProcessorTime - processor) / took;
        // The log lines of clients that connected before may be written late.
        var logged = gateway.Process.Lines.Skip(lines).Where(l => !l.Contains("\"ClientConnected\"", StringComparison.Ordinal)).ToList();
        Print($"{took.TotalSeconds:0.0} s with {InUse(gateway)} descriptors in use: {logged.Count} log lines, {used:0.000} of a processor");
        Assert.All(clients.Clients, c => Assert.Equal(CrowdEnd.StillOpen, c.End));
        Assert.All(
            clients.Clients.Zip(received),
            c => Assert.True(c.First.Frames >= c.Second + Span.TotalSeconds - 2, $"A client was answered only {c.First.Frames - c.Second} times."));
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
            var last = string.Join('\n', gateway.Process.Lines.TakeLast(10));
            throw new InvalidOperationException($"The gateway does not answer; its last log lines are:\n{last}", e);
        }
    }

    private static int InUse(WatchedGateway gateway) => Directory.EnumerateFileSystemEntries($"/proc/{gateway.Process.Id}/fd").Count();

    private async Task WaitAsync(Func<Task<bool>> condition, Func<string>? state = null)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20), _time);
        while (!await condition())
        {
            Assert.False(timeout.IsCancellationRequested, $"The condition was not met in 20 s. {state?.Invoke()}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, TestContext.Current.CancellationToken);
        }
    }

    private static void Print(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
