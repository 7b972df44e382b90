using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using HeartbeatGateway.Cli.Completions;
using HeartbeatGateway.Cli.Connect;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Load;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Cli.Tokens;
using HeartbeatGateway.Cli.Top;

namespace HeartbeatGateway.Cli;

/// <summary>The tool: puts the commands together, runs the one that was asked for, and turns every ending into an exit code.</summary>
internal static class Hbg
{
    public const string Name = "hbg";

    public static async Task<ExitCode> RunAsync(IReadOnlyList<string> arguments, CliEnvironment surroundings, CancellationToken cancellation)
    {
        // An argument that begins with @ is a text to send, not a file of arguments.
        var parsed = Build(surroundings).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            return await UsageErrorAsync(parsed, surroundings);
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = surroundings.Out,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return (ExitCode)await parsed.InvokeAsync(configuration, cancellation);
        }
        catch (CliException e)
        {
            await FailAsync(surroundings, Printable.From(e.Message));
            return e.Code;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (IOException e) when (IsBrokenPipe(e))
        {
            // Whoever read our output has seen enough; that is how pipes end.
            return ExitCode.Success;
        }
        catch (Exception e)
        {
            await FailAsync(surroundings, $"a fault of hbg itself; please report it with what follows.\n{e}");
            return ExitCode.Fault;
        }
    }

    internal static RootCommand Build(CliEnvironment surroundings)
    {
        var root = new RootCommand("Talks to a HeartbeatGateway, watches it, and takes its frames and tokens apart.")
        {
            ConnectCommand.Create(surroundings),
            LoadCommand.Create(surroundings),
            TopCommand.Create(surroundings),
            FrameCommand.Create(surroundings),
            TokenCommand.Create(surroundings),
            CompletionsCommand.Create(surroundings),
        };
        HelpPage.Extend(root, surroundings.IsOutputTerminal);
        return root;
    }

    private static async Task<ExitCode> UsageErrorAsync(ParseResult parsed, CliEnvironment surroundings)
    {
        foreach (var error in parsed.Errors) await FailAsync(surroundings, Printable.From(error.Message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)));
        var path = string.Join(' ', Path(parsed.CommandResult));
        await surroundings.Error.WriteLineAsync($"'{path} --help' shows what there is.");
        return ExitCode.Usage;
    }

    private static Stack<string> Path(CommandResult result)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = result; at is CommandResult command; at = command.Parent)
        {
            names.Push(command.Command is RootCommand ? Name : command.Command.Name);
        }

        return names;
    }

    private static Task FailAsync(CliEnvironment surroundings, string text) => surroundings.Error.WriteLineAsync($"{Name}: {text}");

    private static bool IsBrokenPipe(IOException e) => e.HResult is 32 or unchecked((int)0x8007006D) || e.InnerException is IOException { HResult: 32 };
}
