using System.Runtime.InteropServices;
using HeartbeatGateway.Cli;
using HeartbeatGateway.Cli.Terminals;

using var interrupted = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
await using var surroundings = ProcessSurroundings.Open();
return (int)await Hbg.RunAsync(args, surroundings.Value, interrupted.Token);

// The first signal asks the command to finish in good order, the second one ends the process as usual.
void OnSignal(PosixSignalContext context)
{
    if (interrupted.IsCancellationRequested) return;
    context.Cancel = true;
    interrupted.Cancel();
}
