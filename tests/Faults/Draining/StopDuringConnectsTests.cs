using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Draining;

/// <summary>A gateway that is stopped by SIGTERM while clients connect as fast as they can.</summary>
public sealed class StopDuringConnectsTests
{
    private const int Tasks = 16;
    private const int MaxPerTask = 500;
    private static readonly TimeSpan Storm = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ConcurrentBag<CrowdClient> _clients = [];
    private int _refused;

    [Theory]
    [InlineData(0, false)]
    [InlineData(4, false)]
    [InlineData(2, true, Traits = ["Transport", "tls"])]
    public async Task Closes_every_answered_client_gracefully_when_stopped_during_a_connect_storm(int drainSeconds, bool tls)
    {
        var drain = TimeSpan.FromSeconds(drainSeconds);
        await using var gateway = await WatchedGateway.StartAsync(
            tls, ("Gateway__Draining__Duration", $"{drain}"), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Information"));
        using var stop = new CancellationTokenSource();
        var connecting = Enumerable.Range(0, Tasks).Select(i => Task.Run(() => ConnectAsync(gateway.Port, i, stop.Token))).ToArray();
        await Task.Delay(Storm, _time, TestContext.Current.CancellationToken);
        using var watch = new StallWatch();
        var asked = _time.GetTimestamp();
        gateway.Process.Signal("TERM");
        Assert.Equal(0, await gateway.Process.ExitCodeAsync(drain + TimeSpan.FromSeconds(20)));
        var took = _time.GetElapsedTime(asked);
        await stop.CancelAsync();
        await Task.WhenAll(connecting);
        await gateway.Process.SawAsync("EngineStopped");
        Assert.InRange(took, drain, drain + TimeSpan.FromSeconds(5) + watch.Longest(asked));

        await Task.WhenAll(_clients.Select(c => c.Ended)).WaitAsync(TimeSpan.FromSeconds(10), _time);
        var unserved = _clients.Count(c => c.Frames == 0);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{_clients.Count} connected, {unserved} of them never answered and {_clients.Count(c => c.End == CrowdEnd.Reset)} reset; "
            + $"{_refused} refused; process ended after {took.TotalSeconds:0.0} s");
        Assert.True(_refused > 0, "No connect was refused.");
        // A client that was answered at least once gets a close frame and then FIN. A connection that the gateway has not handled yet may be reset.
        foreach (var client in _clients.Where(c => c.Frames > 0))
        {
            Assert.Equal(CrowdEnd.Finished, client.End);
            Assert.Equal("close", client.LastFrame?.Type);
        }

        Assert.DoesNotContain(gateway.Process.Lines, l => l.Contains("xception", StringComparison.Ordinal) || l.Contains("ConnectionFailed", StringComparison.Ordinal));
    }

    private async Task ConnectAsync(ClientPort gateway, int task, CancellationToken stop)
    {
        var connected = new Queue<CrowdClient>();
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            // Some clients disconnect, while the gateway runs and while it stops.
            if (connected.Count == MaxPerTask) connected.Dequeue().Dispose();
            var client = new CrowdClient();
            try
            {
                // Bound to another address than the gateway's: once no socket listens, a connect could otherwise connect to itself.
                client.Socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
                await client.ConnectAsync(gateway);
                await client.HelloAsync($"task-{task}-{i}");
                connected.Enqueue(client);
            }
            catch (SocketException)
            {
                Interlocked.Increment(ref _refused);
                client.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(5), _time, CancellationToken.None);
            }
        }

        foreach (var client in connected) _clients.Add(client);
    }
}
