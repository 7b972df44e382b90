using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace HeartbeatGateway.Benchmarks.Running;

/// <summary>A column with the allowed allocation, beside the measured one.</summary>
internal sealed class ExpectedAllocationColumn : IColumn
{
    public string Id => nameof(ExpectedAllocationColumn);

    public string ColumnName => "Allowed";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Metric;

    public int PriorityInCategory => int.MaxValue;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Size;

    public string Legend => "Bytes that an operation may allocate; a run that measures more fails";

    public static int? Of(BenchmarkCase benchmark) => benchmark.Descriptor.WorkloadMethod.GetCustomAttribute<AllocatesAttribute>()?.Bytes;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        Of(benchmarkCase) is { } bytes ? bytes == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{bytes} B") : "any";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
}
