using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Text;

namespace HeartbeatGateway;

/// <summary>The commands, after each of which the program ends. Every other argument is configuration.</summary>
internal static class CommandLine
{
    /// <summary>Asks a running gateway whether it is live.</summary>
    public const string HealthCheck = "--health-check";

    /// <summary>Reports what is wrong with the configuration, without starting the gateway.</summary>
    public const string CheckConfig = "--check-config";

    /// <summary>Prints how the program is used.</summary>
    public const string Help = "--help";

    /// <summary>Prints the version.</summary>
    public const string Version = "--version";

    private static readonly string[] Commands = [CheckConfig, HealthCheck, Help, Version];

    /// <summary>Other spellings of <see cref="Help"/>.</summary>
    private static readonly string[] HelpAliases = ["-h", "-?", "/?"];

    /// <summary>Rejects unknown switches. A misspelt command would otherwise start a gateway.</summary>
    /// <exception cref="GatewayOptionsException">An argument is neither a command nor a setting.</exception>
    public static void Check(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (IsCommand(args[i]) || args[i].Contains('=', StringComparison.Ordinal)) continue;
            var isSwitch = args[i].StartsWith('-') || args[i].StartsWith('/');
            var hasValue = i + 1 < args.Length && !args[i + 1].StartsWith('-');
            if (!isSwitch || !hasValue) throw new GatewayOptionsException([$"The argument '{args[i]}' is not understood: {Hint(args[i])}there are {string.Join(", ", Commands)}, and settings written --Gateway:Section:Key=value."]);
            i++;
        }
    }

    public static bool IsCommand(string argument) => Commands.Contains(argument, StringComparer.Ordinal) || HelpAliases.Contains(argument, StringComparer.Ordinal);

    public static bool Asks(string[] args, string command) =>
        args.Contains(command, StringComparer.Ordinal) || (command == Help && args.Any(a => HelpAliases.Contains(a, StringComparer.Ordinal)));

    /// <summary>The command that a misspelt argument probably means, or nothing.</summary>
    private static string Hint(string argument)
    {
        const int MaxChars = 32;
        if (argument.Length > MaxChars) return "";
        var word = argument.TrimStart('-', '/');
        var nearest = Commands.MinBy(c => EditDistance.Of(c[2..], word))!;
        return EditDistance.Of(nearest[2..], word) <= Math.Max(1, word.Length / 3) ? $"did you mean {nearest}? In full, " : "";
    }
}
