using HeartbeatGateway.Fuzz;

namespace HeartbeatGateway.Server.Tests.Fuzz;

/// <summary>Every input that fuzzing began with, kept for the code it reaches, or failed on, is worked on again in each run (tests/tools/Fuzz/README.md).</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void All_inputs_are_worked_on(string name)
    {
        var target = FuzzTargets.All[name];
        var inputs = target.Seeds.Concat(Files("corpus", name)).Concat(Files("crashes", name)).ToList();
        foreach (var (input, bytes) in inputs)
        {
            var fault = Record.Exception(() => target.Run(bytes));
            Assert.True(fault is null, $"{name}, {input}: {fault}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{inputs.Count} inputs");
        Assert.True(inputs.Count > target.Seeds.Count(), "The corpus is not there.");
    }

    private static IEnumerable<(string Name, byte[] Input)> Files(string kind, string target)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, kind, target);
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(f => (f, File.ReadAllBytes(f))) : [];
    }
}
