using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using HeartbeatGateway.Benchmarks.Running;

// The options of BenchmarkDotNet, and --smoke: runs each benchmark once, so that all of them keep working.
var isSmoke = args.Contains("--smoke", StringComparer.Ordinal);
Sizes.AreSmall = isSmoke;
string[] arguments = isSmoke ? ["--filter", "*"] : args;
IConfig config = isSmoke ? RunConfig.Smoke() : RunConfig.Full();
var summaries = BenchmarkSwitcher.FromAssembly(typeof(RunConfig).Assembly).Run(arguments, config).ToList();
return Outcome.Report(summaries, Console.Out, checksAllocations: !isSmoke) ? 0 : 1;
