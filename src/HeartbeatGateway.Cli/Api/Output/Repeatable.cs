using System.CommandLine;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>An option that can be given several times, with one value each time.</summary>
internal static class Repeatable
{
    public static Option<string[]> Option(string name, string description, string value) => new(name)
    {
        Description = $"{description} Repeatable.",
        HelpName = value,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
}
