namespace HeartbeatGateway.Cli;

/// <summary>Ends a command with an exit code and a message for the user.</summary>
internal class CliException : Exception
{
    public CliException(ExitCode code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    public ExitCode Code { get; }
}
