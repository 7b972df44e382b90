using System.CommandLine;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>Client ids on the command line: arguments, and <c>--ids</c> with several in one value.</summary>
internal sealed class IdOptions
{
    private readonly Argument<string[]> _ids = new("id") { Description = "Client ids.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _lists = new("--ids")
    {
        Description = "Client ids, separated by commas. Repeatable.",
        HelpName = "ids",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    public void AddTo(Command command)
    {
        DidYouMean.RefuseOptions(_ids);
        command.Add(_ids);
        command.Add(_lists);
    }

    /// <summary>The ids in their order, each once.</summary>
    public IReadOnlyList<string> Read(ParseResult parsed) =>
        [.. (parsed.GetValue(_ids) ?? []).Concat((parsed.GetValue(_lists) ?? []).SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))).Distinct(StringComparer.Ordinal)];
}
