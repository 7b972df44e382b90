namespace HeartbeatGateway;

/// <summary>The words that make the program do one thing and end; everything else on the command line is configuration.</summary>
internal static class CommandLine
{
    /// <summary>Asks a running gateway whether it is live.</summary>
    public const string HealthCheck = "--health-check";

    /// <summary>Says what is wrong with the configuration, without starting.</summary>
    public const string CheckConfig = "--check-config";

    public static bool IsCommand(string argument) => argument is HealthCheck or CheckConfig;

    public static bool Asks(string[] args, string command) => args.Contains(command, StringComparer.Ordinal);
}
