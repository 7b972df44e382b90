using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using HeartbeatGateway.Benchmarks.Running;

// What BenchmarkDotNet understands, and --smoke: each benchmark once, so that none rots.
var isSmoke = args.Contains("--smoke", StringComparer.Ordinal);
Sizes.AreSmall = isSmoke;
string[] arguments = isSmoke ? ["--filter", "*"] : args;
IConfig config = isSmoke ? RunConfig.Smoke() : RunConfig.Full();
var summaries = BenchmarkSwitcher.FromAssembly(typeof(RunConfig).Assembly).Run(arguments, config).ToList();
return Outcome.Tell(summaries, Console.Out, judgesAllocations: !isSmoke) ? 0 : 1;
