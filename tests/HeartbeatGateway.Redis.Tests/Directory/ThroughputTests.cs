using System.Globalization;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>Tells what connects cost Redis. Nothing is asserted but completeness: run it on an idle machine for figures.</summary>
public sealed class ThroughputTests(ITestOutputHelper output) : RedisTest
{
    [Fact]
    public async Task Tells_connects_a_second_and_what_they_cost_Redis()
    {
        const int Clients = 60_000;
        const int AtOnce = 4_000;
        var nodes = await Task.WhenAll(StartNodeAsync("a"), StartNodeAsync("b"), StartNodeAsync("c"));
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => nodes[i % 3].Cluster.EnterAsync(TestNode.Hello($"warm-{i}", fingerprint: $"w{i}")).AsTask()));
        var (before, memory) = (await ReadAsync("used_cpu_user", "used_cpu_sys"), await ReadAsync("used_memory"));
        var commands = await ReadAsync("total_commands_processed");
        var started = TimeProvider.System.GetTimestamp();
        var entered = 0;
        foreach (var part in Enumerable.Range(0, Clients).Chunk(AtOnce))
        {
            var entries = await Task.WhenAll(part.Select(i => nodes[i % 3].Cluster.EnterAsync(TestNode.Hello($"device-{i}", fingerprint: $"f{i}")).AsTask()));
            entered += entries.Count(e => e.Kind == ClusterEntryKind.Entered);
        }

        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        var cpu = await ReadAsync("used_cpu_user", "used_cpu_sys") - before;
        commands = await ReadAsync("total_commands_processed") - commands;
        output.WriteLine($"{entered} of {Clients} connects entered in time, {Clients / seconds:0} a second by three nodes in one process; "
            + $"Redis: {cpu / seconds:P0} of a core, {cpu / Clients * 1e6:0.0} us a connect, {commands / Clients:0.0} commands a connect, "
            + $"{(await ReadAsync("used_memory") - memory) / Clients:0} bytes a client with its claim and event.");
        // Late ones are entered too.
        await UntilAsync(async () => await CountAsync() == Clients + 2_000, 120);
    }

    /// <summary>What Redis needs for a comparison, a restore into an empty directory and a departure, in full batches. By hand: it takes both processors.</summary>
    [Fact(Explicit = true)]
    public async Task Compares_restores_and_removes_clients_in_batches()
    {
        const int Clients = 40_000;
        var node = await StartNodeAsync("a");
        foreach (var part in Enumerable.Range(0, Clients).Chunk(4_000))
            await Task.WhenAll(part.Select(i => node.ConnectAsync(TestNode.Hello($"device-{i:000000}", "instance", 1))));
        Assert.Equal(Clients, node.Table.Count);
        var compare = await CostAsync(() => RestoreAsync(node), Clients);
        await Database.ExecuteAsync("FLUSHALL");
        var restore = await CostAsync(() => RestoreAsync(node), Clients);
        Assert.Equal(Clients, await CountAsync());
        var leave = await CostAsync(
            async () =>
            {
                // No more than may wait.
                foreach (var part in node.Table.Members().ToList().Chunk(4_000))
                {
                    foreach (var member in part) node.Table.Remove(member.ClientId);
                    await UntilAsync(() => node.Directory.Leaver.IsIdle);
                }
            },
            Clients);
        Assert.Equal(0, await CountAsync());
        output.WriteLine($"Redis for a client: compared {compare:0.0} us, restored {restore:0.0} us, removed {leave:0.0} us.");
    }

    private static async Task RestoreAsync(TestNode node) => Assert.Equal(node.Table.Count, (await node.Directory.Restorer.RestoreAllAsync(TimeSpan.Zero)).Members);

    /// <returns>Microseconds of Redis' processor time for a client.</returns>
    private async Task<double> CostAsync(Func<Task> work, int clients)
    {
        var before = await ReadAsync("used_cpu_user", "used_cpu_sys");
        await work();
        return (await ReadAsync("used_cpu_user", "used_cpu_sys") - before) / clients * 1e6;
    }

    private async Task<double> ReadAsync(params string[] names)
    {
        var info = (await Database.ExecuteAsync("INFO")).ToString().Split("\r\n");
        return names.Sum(n => double.Parse(info.Single(l => l.StartsWith(n + ":", StringComparison.Ordinal))[(n.Length + 1)..], CultureInfo.InvariantCulture));
    }
}
