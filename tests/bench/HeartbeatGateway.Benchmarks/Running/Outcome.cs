using System.Globalization;
using BenchmarkDotNet.Reports;

namespace HeartbeatGateway.Benchmarks.Running;

/// <summary>Whether a run may be believed.</summary>
internal static class Outcome
{
    /// <param name="summaries">What was run.</param>
    /// <param name="output">Where failures are told.</param>
    /// <param name="judgesAllocations">False where code ran for the first time, which allocates for itself.</param>
    /// <returns>True when each benchmark ran and allocated no more than it may.</returns>
    public static bool Tell(IReadOnlyCollection<Summary> summaries, TextWriter output, bool judgesAllocations)
    {
        var failures = summaries.SelectMany(s => s.ValidationErrors.Where(e => e.IsCritical).Select(e => e.Message))
            .Concat(summaries.SelectMany(s => s.Reports).Select(r => FindFault(r, judgesAllocations)).OfType<string>())
            .ToList();
        var ran = summaries.Sum(s => s.Reports.Length);
        if (ran == 0 && failures.Count == 0) failures.Add("Nothing was run.");
        foreach (var failure in failures) output.WriteLine($"FAILED: {failure}");
        FormattableString end = $"{ran} benchmarks ran, {failures.Count} failed";
        output.WriteLine(end.ToString(CultureInfo.InvariantCulture));
        return failures.Count == 0;
    }

    private static string? FindFault(BenchmarkReport report, bool judgesAllocations)
    {
        var name = report.BenchmarkCase.DisplayInfo;
        if (!report.Success) return $"{name} did not run.";
        if (!judgesAllocations || ExpectedAllocationColumn.Of(report.BenchmarkCase) is not { } allowed) return null;
        var allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
        return allocated > allowed ? $"{name} allocated {allocated} bytes for each operation and may {allowed}." : null;
    }
}
