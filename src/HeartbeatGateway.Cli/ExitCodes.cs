using System.Collections.Immutable;

namespace HeartbeatGateway.Cli;

/// <summary>The meaning of each exit code, as shown in help and repeated in docs/hbg.md.</summary>
internal static class ExitCodes
{
    public static ImmutableArray<(ExitCode Code, string Meaning)> All { get; } =
    [
        (ExitCode.Success, "success"),
        (ExitCode.BoundMissed, "load: a bound set on the command line was missed"),
        (ExitCode.Usage, "the command line is not valid, or an option has an invalid value"),
        (ExitCode.NotValid, "the input is not valid: a frame, a token or a hex dump"),
        (ExitCode.NoGateway, "the gateway was not reached, did not answer as a gateway, or forbade a reconnect"),
        (ExitCode.File, "a file cannot be read or written"),
        (ExitCode.NotDelivered, "a message was not delivered, or may be lost"),
        (ExitCode.Refused, "the gateway refused the request or failed: the key, its scope, a limit, or the state of the gateway"),
        (ExitCode.NotFound, "a client, connection or ban that the command line names does not exist"),
        (ExitCode.Fault, "an internal error of hbg"),
        (ExitCode.Interrupted, "Ctrl+C, a signal or a declined question ended the command before it was complete"),
    ];
}
