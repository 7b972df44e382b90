using HeartbeatGateway.Cli;
using HeartbeatGateway.Cli.Terminals;

using var interrupts = new Interrupts(TimeProvider.System);
await using var environment = ProcessCliEnvironment.Open();
return (int)await Hbg.RunAsync(args, environment.Value, interrupts.Requested);
