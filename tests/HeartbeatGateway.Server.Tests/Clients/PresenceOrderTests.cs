using CsCheck;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>
/// The events of one identity are never in a wrong order, whatever several threads do to it at once, and a follower that begins with any snapshot
/// arrives at the state of the directory. <see cref="PresenceState"/> has the rules.
/// </summary>
public sealed class PresenceOrderTests
{
    private const int Threads = 4;

    /// <summary>What one thread does next, with one of the identities and one of the connections that it has opened.</summary>
    private enum Step
    {
        Hello,
        SameInstanceHello,
        LateAttempt,
        CloseNewest,
        CloseAny,
        LeaveAgain,
    }

    private static readonly Gen<(Step Step, int Identity)[][]> Storms =
        Gen.Select(Gen.Int[0, 5].Select(step => (Step)step), Gen.Int[0, 2]).Array[1, 60].Array[Threads];

    [Fact]
    public Task In_the_directory_events_are_in_order_for_every_storm_of_steps() => Storms.SampleAsync(
        async storm =>
        {
            using var bench = new DirectoryBench(window: long.MaxValue);
            var snapshots = new List<PresenceSnapshot> { bench.Directory.Snapshot() };
            using var start = new Barrier(Threads + 1);
            var threads = storm.Select(steps => Task.Factory.StartNew(() => Run(bench, start, steps), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            start.SignalAndWait(TestContext.Current.CancellationToken);
            while (!Task.WhenAll(threads).IsCompleted && snapshots.Count < 100) snapshots.Add(bench.Directory.Snapshot());
            await Task.WhenAll(threads);
            await CheckAsync(bench.EventsAsync, snapshots, bench.Directory.Snapshot());
        },
        iter: 200,
        threads: 1);

    [Fact]
    public Task On_connections_a_follower_of_any_snapshot_arrives_at_the_state_of_the_directory() => Gen.Select(Gen.Int[1, 4], Gen.Int).SampleAsync(
        async (identities, seed) =>
        {
            using var gateway = new EngineHarness(o => o.Admission.MaxConnections = 100_000, minimumLevel: LogLevel.Error);
            var storm = new TakeoverStorm(gateway, identities);
            var snapshots = new List<PresenceSnapshot> { gateway.Engine.TakePresenceSnapshot() };
            var threads = Enumerable.Range(0, Threads).Select(thread => Task.Run(() => storm.RunAsync(rounds: 50, HashCode.Combine(seed, thread)))).ToArray();
            while (!Task.WhenAll(threads).IsCompleted)
            {
                snapshots.Add(gateway.Engine.TakePresenceSnapshot());
                await Task.Yield();
            }

            await Task.WhenAll(threads);
            // Connections may still end, so the last snapshot says up to which event is compared.
            var last = gateway.Engine.TakePresenceSnapshot();
            Assert.True(last.Sequence >= Threads * 50);
            await CheckAsync(after => gateway.EventsAsync(after, last.Sequence), snapshots.Where((_, i) => i % (1 + (snapshots.Count / 50)) == 0), last);
        },
        iter: 5,
        threads: 1);

    private static async Task CheckAsync(Func<long, Task<IReadOnlyList<PresenceEvent>>> eventsAfter, IEnumerable<PresenceSnapshot> snapshots, PresenceSnapshot last)
    {
        var events = await eventsAfter(0);
        foreach (var snapshot in snapshots)
        {
            var state = new PresenceState(snapshot);
            foreach (var change in events.Skip((int)snapshot.Sequence)) state.Apply(change);
            state.AssertEquals(last);
        }
    }

    private static void Run(DirectoryBench bench, Barrier start, (Step Step, int Identity)[] steps)
    {
        var opened = new List<GatewayConnection>();
        start.SignalAndWait();
        foreach (var (step, identity) in steps)
        {
            switch (step)
            {
                case Step.CloseNewest when opened.Count > 0:
                    End(opened[^1]);
                    break;
                case Step.CloseAny when opened.Count > 0:
                    End(opened[identity % opened.Count]);
                    break;
                case Step.LeaveAgain when opened.Count > 0:
                    // A late clean-up; nothing is left of a connection that still lives.
                    if (opened[0].HasEnded) bench.Directory.Leave(opened[0], 0);
                    break;
                default:
                    Enter(step, $"pump-{identity}");
                    break;
            }
        }

        void Enter(Step step, string clientId)
        {
            var connection = bench.Connection();
            opened.Add(connection);
            var (instance, attempt) = step switch { Step.LateAttempt => ("a", 1L), Step.SameInstanceHello => ("a", 2L), _ => ((string?)null, (long?)null) };
            if (bench.Enter(connection, EngineHarness.Hello(clientId, instance, attempt, acceptsClose: false)).Replaced is { } replaced) replaced.Close(new CloseRequest(CloseReason.Replaced));
        }

        void End(GatewayConnection connection)
        {
            connection.Close(new CloseRequest(CloseReason.PeerReset));
            bench.Directory.Leave(connection, 0);
        }
    }
}
