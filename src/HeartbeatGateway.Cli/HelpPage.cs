using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace HeartbeatGateway.Cli;

/// <summary>The help of a command, followed by its examples, and the exit codes with their meanings.</summary>
internal sealed class HelpPage(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    // A pipe has no width. This value fits the descriptions and keeps the lines readable.
    private const int PipeWidth = 120;

    public static void Extend(RootCommand root, bool isTerminal)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        if (option.Action is not HelpAction action) throw new InvalidOperationException("The help option has an action of another kind.");
        // /? and /h are Windows conventions. Elsewhere a slash begins a path, and completions would offer both aliases everywhere.
        option.Aliases.Remove("/?");
        option.Aliases.Remove("/h");
        if (!isTerminal) action.MaxWidth = PipeWidth;
        option.Action = new HelpPage(action);
    }

    public override bool ClearsParseErrors => help.ClearsParseErrors;

    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is IHasExamples { Examples: { IsEmpty: false } examples })
        {
            output.WriteLine("Examples:");
            foreach (var example in examples) output.WriteLine($"  {example}");
            output.WriteLine();
        }

        output.WriteLine("Exit codes:");
        foreach (var (code, meaning) in ExitCodes.All) output.WriteLine($"  {(int)code,3}  {meaning}");
        return result;
    }
}
