using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway;

/// <summary>The commands, after each of which the program ends. Every other argument is configuration.</summary>
internal static class CommandLine
{
    /// <summary>Asks a running gateway whether it is live.</summary>
    public const string HealthCheck = "--health-check";

    /// <summary>Reports what is wrong with the configuration, without starting the gateway.</summary>
    public const string CheckConfig = "--check-config";

    /// <summary>Rejects unknown switches. A misspelt command would otherwise start a gateway.</summary>
    /// <exception cref="GatewayOptionsException">An argument is neither a command nor a setting.</exception>
    public static void Check(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (IsCommand(args[i]) || args[i].Contains('=', StringComparison.Ordinal)) continue;
            var isSwitch = args[i].StartsWith('-') || args[i].StartsWith('/');
            var hasValue = i + 1 < args.Length && !args[i + 1].StartsWith('-');
            if (!isSwitch || !hasValue) throw new GatewayOptionsException([$"The argument '{args[i]}' is not understood: there are {HealthCheck}, {CheckConfig}, and settings written --Gateway:Section:Key=value."]);
            i++;
        }
    }

    public static bool IsCommand(string argument) => argument is HealthCheck or CheckConfig;

    public static bool Asks(string[] args, string command) => args.Contains(command, StringComparer.Ordinal);
}
