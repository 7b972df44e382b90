using System.Collections.Immutable;

namespace HeartbeatGateway.Cli;

/// <summary>What each exit code means, as help shows it and docs/hbg.md repeats it.</summary>
internal static class ExitCodes
{
    public static ImmutableArray<(ExitCode Code, string Meaning)> All { get; } =
    [
        (ExitCode.Success, "done"),
        (ExitCode.BoundMissed, "load: a stated bound was missed"),
        (ExitCode.Usage, "the command line cannot be understood, or an option has a wrong value"),
        (ExitCode.NotValid, "what was examined is not valid: a frame, a token, a hex dump"),
        (ExitCode.NoGateway, "the gateway was not reached, did not answer like one, or ended the client for good"),
        (ExitCode.File, "a file cannot be read or written"),
        (ExitCode.Fault, "a fault of hbg itself"),
        (ExitCode.Interrupted, "ended by Ctrl+C or a signal before the work was done"),
    ];
}
