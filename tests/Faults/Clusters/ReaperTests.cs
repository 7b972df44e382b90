using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>The node that removes the entries of a lost node is killed half-way; the slow sweep of another one removes the rest.</summary>
[Trait("Lane", "cluster")]
public sealed class ReaperTests
{
    private const int Clients = 6000;
    private const int Tries = 3;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    /// <summary>Sweeps come every 30 s.</summary>
    private static readonly TimeSpan ToSweep = TimeSpan.FromSeconds(75);

    [Fact]
    public async Task Removes_what_a_killed_reaper_left_with_one_event_each()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(
            3, redis.Configuration, ClusterOfGateways.Lease(Lease), ("Gateway__Redis__MaxEvents", "100000"));
        // The third node stays away until the reaper is dead.
        await cluster[2].ShutDownAsync();
        var half = 0;
        for (var tries = 1; tries <= Tries && (half is 0 or Clients); tries++)
        {
            if (!cluster[0].IsRunning) await cluster[0].StartAsync();
            if (!cluster[1].IsRunning) await cluster[1].StartAsync();
            await using var crowd = await Crowd.ConnectAsync(
                cluster[0].EndPoint, Clients, (client, i) => client.HelloAsync($"lost-{i:00000}"), TimeSpan.FromSeconds(4));
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(60));
            await Waiting.UntilAsync(
                async () => await directory.CountAsync() == Clients, () => "not all clients are in the directory", TimeSpan.FromSeconds(30));
            half = await KillHalfWayAsync(redis, directory, cluster);
            // An event of another kind may have come first, such as a client that this process did not ping in time.
            if (half is 0 or Clients) Waiting.Write("the reaper was not killed half-way: once more");
        }

        Assert.True(half is > 0 and < Clients, "The reaper could not be killed half-way.");
        Waiting.Write($"the reaper was killed when {half} of {Clients} entries were left");
        await cluster[2].StartAsync();
        var took = await Waiting.UntilAsync(async () => await directory.CountAsync() == 0, () => "entries stay", ToSweep);
        Waiting.Write($"the rest was removed {took.TotalSeconds:0.0} s after another node started");
        await ClusterChecks.AssertWholeAsync(cluster, directory, 0);
        var lost = (await directory.EventsAsync()).Where(e => e.Change == "node_lost").ToList();
        ClusterChecks.AssertAlternating(await directory.EventsAsync());
        Assert.Equal(lost.Count, lost.Select(e => (e.ClientId, e.Fields["g"])).Distinct().Count());
        Assert.Equal(Clients, lost.Select(e => e.ClientId).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Kills the first node, and the second one in the midst of removing its entries.</summary>
    /// <returns>How many entries were left.</returns>
    private static async Task<int> KillHalfWayAsync(RedisServer redis, ClusterDirectory directory, ClusterOfGateways cluster)
    {
        // The reaper takes a fraction of a second for all entries, and removes 128 of one partition in one step. After the first step of the chosen
        // partition it has to wait.
        using var pause = await WritePause.ArmAsync(redis);
        await cluster[0].KillAsync();
        await pause.BeganAsync(TimeSpan.FromSeconds(30));
        await cluster[1].KillAsync();
        await pause.EndAsync();
        return await directory.CountAsync();
    }
}
