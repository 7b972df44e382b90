using HeartbeatGateway.Cli;
using HeartbeatGateway.Cli.Terminals;

using var interrupts = new Interrupts(TimeProvider.System);
await using var surroundings = ProcessCliEnvironment.Open();
return (int)await Hbg.RunAsync(args, surroundings.Value, interrupts.Requested);
