using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>
/// Ten gateways with 15,000 clients each on one machine, run by hand: the directory holds all 150,000, a broadcast reaches all of them, and all entries are gone when
/// they have left. <c>SCALE_NODES</c> and <c>SCALE_CLIENTS</c> (a node) choose other numbers. A process may open 20,000 files, so each node has a load program of its own.
/// </summary>
public sealed class ScaleTests
{
    private static readonly int Nodes = Number("SCALE_NODES", 10);
    private static readonly int ClientsOfNode = Number("SCALE_CLIENTS", 15_000);
    private static readonly TimeSpan ToSettle = TimeSpan.FromMinutes(5);

    /// <summary>Clients that a node's load program starts in a second. Two processors run all programs, so more would only fail and try again.</summary>
    private static readonly int Ramp = Number("SCALE_RAMP", 100);

    /// <summary>A look starts a program, which must not take the processor from the gateways.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private static readonly TimeProvider Time = TimeProvider.System;

    [Fact(Explicit = true)]
    public async Task Holds_all_clients_of_all_nodes_and_broadcasts_to_all_of_them()
    {
        var all = Nodes * ClientsOfNode;
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(Nodes, redis.Configuration);
        var loads = cluster.Nodes.Select(Load).ToList();
        try
        {
            var seen = 0;
            var entered = await Waiting.UntilAsync(async () => (seen = await directory.CountAsync()) == all, () => $"{seen} of {all} clients are in the directory", ToSettle, Look);
            Waiting.Write($"{all} clients are in the directory after {entered.TotalSeconds:0.0} s, {all / entered.TotalSeconds:0} a second; {await RedisFiguresAsync(redis)}");
            await ClusterChecks.AssertWholeAsync(cluster, directory, all, ToSettle);

            var began = Time.GetTimestamp();
            var answer = await cluster[0].BroadcastAsync("to all");
            Waiting.Write($"broadcast answered after {Time.GetElapsedTime(began).TotalSeconds:0.00} s: {answer}");
            // Pushed frames are counted when they are queued, and their type is one of callers; the load programs report what arrived.
            var sent = """heartbeatgateway_frames_total{direction="out",type="other"}""";
            await Waiting.UntilAsync(async () => await cluster.MetricAsync(sent) >= all, () => "not all clients got the broadcast", ToSettle, Look);
            Waiting.Write($"all frames were sent {Time.GetElapsedTime(began).TotalSeconds:0.00} s after the request");
            await Waiting.For(TimeSpan.FromSeconds(5));
            foreach (var node in cluster.Nodes)
                Waiting.Write($"{node.Name}: {await node.MetricAsync("heartbeatgateway_connected_clients")} clients, {WatchedGateway.ResidentBytesOf(node.Process.Id) >> 20} MiB");

            began = Time.GetTimestamp();
            foreach (var load in loads) load.Signal("INT");
            var received = 0;
            foreach (var load in loads)
            {
                await load.ExitCodeAsync(ToSettle);
                using var report = JsonDocument.Parse(string.Join('\n', load.Lines.SkipWhile(l => !l.StartsWith('{'))));
                received += report.RootElement.GetProperty("messagesReceived").GetInt32();
            }

            Waiting.Write($"{received} of {all} clients received the broadcast");
            Assert.Equal(all, received);
            await Waiting.UntilAsync(async () => await directory.CountAsync() == 0, () => "entries stay", ToSettle, Look);
            Waiting.Write($"all entries are gone {Time.GetElapsedTime(began).TotalSeconds:0.0} s after the clients were told to leave; {await RedisFiguresAsync(redis)}");
        }
        finally
        {
            foreach (var load in loads) await load.DisposeAsync();
        }
    }

    // With fewer heartbeats the two processors that all programs share have time for the broadcast.
    private static ChildProcess Load(GatewayNode node) => new(
        "dotnet",
        [
            Repository.HbgDll, "load", $"--endpoint={node.EndPoint}", $"--secret={TestSecrets.Secret}", $"--clients={ClientsOfNode}", $"--ramp={Ramp}", "--duration=1h",
            "--heartbeat=60s", "--dead-after=180s", $"--client-id-prefix={node.Name}-", "--quiet", "--json",
        ],
        new Dictionary<string, string?>());

    /// <summary>What Redis used since its start.</summary>
    private static async Task<string> RedisFiguresAsync(RedisServer redis)
    {
        var info = (await redis.CallAsync("info", "everything")).Split('\n').Select(l => l.Trim().Split(':')).Where(f => f.Length == 2).ToDictionary(f => f[0], f => f[1], StringComparer.Ordinal);
        return $"Redis: {info["used_cpu_user"]} s user and {info["used_cpu_sys"]} s system, {info["total_commands_processed"]} commands, {info["used_memory_human"]}";
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
