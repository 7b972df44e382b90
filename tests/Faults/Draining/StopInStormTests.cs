using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Draining;

/// <summary>A gateway that is asked to stop while clients keep coming as fast as they can.</summary>
public sealed class StopInStormTests
{
    private const int Tasks = 16;
    private const int MostOfATask = 500;
    private static readonly TimeSpan Storm = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ConcurrentBag<CrowdClient> _clients = [];
    private int _refused;

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task Asked_in_the_middle_of_a_rush_it_leaves_nobody_half_served(int drainSeconds)
    {
        var drain = TimeSpan.FromSeconds(drainSeconds);
        await using var gateway = await WatchedGateway.StartAsync(
            ("Gateway__Draining__Duration", $"{drain}"), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Information"));
        using var stop = new CancellationTokenSource();
        var rush = Enumerable.Range(0, Tasks).Select(i => Task.Run(() => RushAsync(gateway.Process.EndPoint, i, stop.Token))).ToArray();
        await Task.Delay(Storm, _time, TestContext.Current.CancellationToken);
        var asked = _time.GetTimestamp();
        gateway.Process.Signal("TERM");
        Assert.Equal(0, await gateway.Process.ExitCodeAsync(drain + TimeSpan.FromSeconds(20)));
        var took = _time.GetElapsedTime(asked);
        await stop.CancelAsync();
        await Task.WhenAll(rush);
        await gateway.Process.SawAsync("EngineStopped");
        Assert.InRange(took, drain, drain + TimeSpan.FromSeconds(5));

        await Task.WhenAll(_clients.Select(c => c.Ended)).WaitAsync(TimeSpan.FromSeconds(10), _time);
        var unserved = _clients.Count(c => c.Frames == 0);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{_clients.Count} connected, of whom {unserved} were never answered and {_clients.Count(c => c.End == CrowdEnd.Reset)} reset; {_refused} refused; gone after {took.TotalSeconds:0.0} s");
        Assert.True(_refused > 0, "Nobody came too late.");
        // Whoever was answered once is told the end and gets it in order; a connection that the gateway had not got round to may be reset.
        foreach (var client in _clients.Where(c => c.Frames > 0))
        {
            Assert.Equal(CrowdEnd.Finished, client.End);
            Assert.Equal("close", client.LastFrame?.Type);
        }

        Assert.DoesNotContain(gateway.Process.Lines, l => l.Contains("xception", StringComparison.Ordinal) || l.Contains("ConnectionFailed", StringComparison.Ordinal));
    }

    private async Task RushAsync(EndPoint gateway, int task, CancellationToken stop)
    {
        var here = new Queue<CrowdClient>();
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            // Some leave again, while the gateway is up and while it stops.
            if (here.Count == MostOfATask) here.Dequeue().Dispose();
            var client = new CrowdClient();
            try
            {
                // From another address than the gateway's: when nobody listens any more, a connection could otherwise meet itself.
                client.Socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
                await client.ConnectAsync(gateway);
                await client.HelloAsync($"task-{task}-{i}");
                here.Enqueue(client);
            }
            catch (SocketException)
            {
                Interlocked.Increment(ref _refused);
                client.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(5), _time, CancellationToken.None);
            }
        }

        foreach (var client in here) _clients.Add(client);
    }
}
