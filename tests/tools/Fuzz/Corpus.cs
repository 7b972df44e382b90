namespace HeartbeatGateway.Fuzz;

/// <summary>What the tests process again in each run: seeds, inputs that the fuzzer kept for coverage, and inputs that failed once (README.md).</summary>
internal static class Corpus
{
    /// <returns>The inputs of a target, by name.</returns>
    /// <exception cref="DirectoryNotFoundException">The kept inputs are not beside the program.</exception>
    public static IReadOnlyList<(string Name, byte[] Input)> Of(string target)
    {
        var kept = Path.Combine(AppContext.BaseDirectory, "corpus", target);
        var failed = Path.Combine(AppContext.BaseDirectory, "crashes", target);
        return [.. FuzzTargets.All[target].Seeds, .. Files(kept), .. Directory.Exists(failed) ? Files(failed) : []];
    }

    private static IEnumerable<(string Name, byte[] Input)> Files(string folder) => Directory.EnumerateFiles(folder).Select(f => (f, File.ReadAllBytes(f)));
}
