using CsCheck;
using HeartbeatGateway.Redis.Tests.Support;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>
/// Connects, leaves, lapses and comparisons of three nodes in random orders, while scripts are late, answers and questions are lost. When all is quiet the
/// directory is the sum of the nodes' tables, and the events of each client alternate.
/// </summary>
public sealed class DirectoryModelTests : RedisTest
{
    private static readonly Gen<ModelStep> Steps = Gen.Select(
        Gen.Frequency(
            (12, Gen.Const(ModelStepKind.Connect)),
            (8, Gen.Const(ModelStepKind.Leave)),
            (4, Gen.Const(ModelStepKind.Wait)),
            (2, Gen.Const(ModelStepKind.Lapse)),
            (3, Gen.Const(ModelStepKind.Renew)),
            (1, Gen.Const(ModelStepKind.Sweep)),
            (1, Gen.Const(ModelStepKind.Compare))),
        Gen.Int[0, DirectoryModel.Nodes - 1],
        Gen.Int[0, DirectoryModel.Clients - 1],
        (kind, node, client) => new ModelStep(kind, node, client));

    [Fact]
    public Task The_directory_is_the_sum_of_the_tables_and_events_alternate_after_any_order_of_faults() =>
        Task.Run(() => Steps.Array[60, 160].SampleAsync(RunAsync, iter: 6, threads: 1));

    private async Task RunAsync(ModelStep[] steps)
    {
        await Database.ExecuteAsync("FLUSHALL");
        await using var model = await DirectoryModel.StartAsync(this);
        foreach (var part in steps.Chunk(steps.Length / 2 + 1))
        {
            foreach (var step in part) await model.DoAsync(step);
            await model.AssertQuietAsync();
        }
    }
}
