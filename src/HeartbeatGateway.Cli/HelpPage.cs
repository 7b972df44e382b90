using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace HeartbeatGateway.Cli;

/// <summary>A command's help, followed by what the exit codes mean.</summary>
internal sealed class HelpPage(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    // Pipes have no width; wide enough for descriptions, narrow enough to be read.
    private const int PipeWidth = 120;

    public static void Extend(RootCommand root, bool isTerminal)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        if (option.Action is not HelpAction action) throw new InvalidOperationException("The help option has an action of another kind.");
        if (!isTerminal) action.MaxWidth = PipeWidth;
        option.Action = new HelpPage(action);
    }

    public override bool ClearsParseErrors => help.ClearsParseErrors;

    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Exit codes:");
        foreach (var (code, meaning) in ExitCodes.All) output.WriteLine($"  {(int)code,3}  {meaning}");
        return result;
    }
}
