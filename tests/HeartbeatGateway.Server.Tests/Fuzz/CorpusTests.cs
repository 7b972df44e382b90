using HeartbeatGateway.Fuzz;

namespace HeartbeatGateway.Server.Tests.Fuzz;

/// <summary>
/// Each run processes again every seed of the fuzzer, every input that it kept for coverage, and every input that failed
/// (tests/tools/Fuzz/README.md).
/// </summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void All_inputs_are_processed_without_a_failure(string name)
    {
        var target = FuzzTargets.All[name];
        var inputs = Corpus.Of(name);
        foreach (var (input, bytes) in inputs)
        {
            var fault = Record.Exception(() => target.Run(bytes));
            Assert.True(fault is null, $"{name}, {input}: {fault}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{inputs.Count} inputs");
        Assert.True(inputs.Count > target.Seeds.Count(), "The corpus is missing.");
    }
}
