using System.Globalization;
using BenchmarkDotNet.Reports;

namespace HeartbeatGateway.Benchmarks.Running;

/// <summary>Checks and reports the result of a run.</summary>
internal static class Outcome
{
    /// <param name="summaries">The results of the benchmarks.</param>
    /// <param name="output">Receives the failures.</param>
    /// <param name="checksAllocations">False for a smoke run: code that runs for the first time has additional allocations.</param>
    /// <returns>True when each benchmark ran and allocated no more than allowed.</returns>
    public static bool Report(IReadOnlyCollection<Summary> summaries, TextWriter output, bool checksAllocations)
    {
        var failures = summaries.SelectMany(s => s.ValidationErrors.Where(e => e.IsCritical).Select(e => e.Message))
            .Concat(summaries.SelectMany(s => s.Reports).Select(r => FindFault(r, checksAllocations)).OfType<string>())
            .ToList();
        var ran = summaries.Sum(s => s.Reports.Length);
        if (ran == 0 && failures.Count == 0) failures.Add("No benchmark ran.");
        foreach (var failure in failures) output.WriteLine($"FAILED: {failure}");
        FormattableString end = $"{ran} benchmarks ran, {failures.Count} failed";
        output.WriteLine(end.ToString(CultureInfo.InvariantCulture));
        return failures.Count == 0;
    }

    private static string? FindFault(BenchmarkReport report, bool checksAllocations)
    {
        var name = report.BenchmarkCase.DisplayInfo;
        if (!report.Success) return $"{name} did not run.";
        if (!checksAllocations || ExpectedAllocationColumn.Of(report.BenchmarkCase) is not { } allowed) return null;
        var allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
        return allocated > allowed ? $"{name} allocated {allocated} bytes per operation; {allowed} are allowed." : null;
    }
}
