using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace HeartbeatGateway.Benchmarks.Running;

/// <summary>The BenchmarkDotNet configurations.</summary>
internal static class RunConfig
{
    private const string ArtifactsPath = "artifacts/benchmarks";

    /// <summary>Each benchmark in a separate process; the job comes from the command line.</summary>
    public static IConfig Full() => DefaultConfig.Instance
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumn(new ExpectedAllocationColumn())
        .HideColumns("Error", "StdDev", "Median", "Gen0", "Gen1", "Gen2", "Alloc Ratio", "RatioSD")
        .WithArtifactsPath(ArtifactsPath)
        .WithOptions(ConfigOptions.JoinSummary);

    /// <summary>Each benchmark once, in this process. It shows only that the benchmarks run.</summary>
    public static IConfig Smoke() => ManualConfig.CreateEmpty()
        .AddJob(Job.Dry.WithToolchain(InProcessEmitToolchain.Instance))
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(new ConsoleLogger(unicodeSupport: false, new Dictionary<LogKind, ConsoleColor>()))
        .AddExporter(MarkdownExporter.Console)
        .WithArtifactsPath(ArtifactsPath)
        .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile | ConfigOptions.DisableOptimizationsValidator);
}
