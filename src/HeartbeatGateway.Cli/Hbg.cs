using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using HeartbeatGateway.Cli.Api.Bans;
using HeartbeatGateway.Cli.Api.Clients;
using HeartbeatGateway.Cli.Api.Disconnects;
using HeartbeatGateway.Cli.Api.Draining;
using HeartbeatGateway.Cli.Api.Events;
using HeartbeatGateway.Cli.Api.Messages;
using HeartbeatGateway.Cli.Api.Status;
using HeartbeatGateway.Cli.Completions;
using HeartbeatGateway.Cli.Connect;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Load;
using HeartbeatGateway.Cli.Proxy;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Cli.Tokens;
using HeartbeatGateway.Cli.Top;

namespace HeartbeatGateway.Cli;

/// <summary>The tool: builds the command tree, runs the requested command, and maps every outcome to an exit code.</summary>
internal static class Hbg
{
    public const string Name = "hbg";

    public static async Task<ExitCode> RunAsync(IReadOnlyList<string> arguments, CliEnvironment environment, CancellationToken cancellation)
    {
        // An argument that begins with @ is text to send, not a response file.
        var parsed = Build(environment).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            return await UsageErrorAsync(parsed, environment);
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = environment.Out,
                Error = environment.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return (ExitCode)await parsed.InvokeAsync(configuration, cancellation);
        }
        catch (CliException e)
        {
            await FailAsync(environment, Printable.From(e.Message));
            return e.Code;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (IOException e) when (IsBrokenPipe(e))
        {
            // The process that reads the output has closed the pipe. This is a normal end.
            return ExitCode.Success;
        }
        catch (Exception e)
        {
            await FailAsync(environment, $"an internal error of hbg; please report it with the text below.\n{e}");
            return ExitCode.Fault;
        }
    }

    internal static RootCommand Build(CliEnvironment environment)
    {
        var root = new RootCommand("Shows who is connected to a HeartbeatGateway and why clients left, sends to them, connects to it, puts load on it, and examines its frames and tokens.")
        {
            ConnectCommand.Create(environment),
            LoadCommand.Create(environment),
            TopCommand.Create(environment),
            StatusCommand.Create(environment),
            NodesCommand.Create(environment),
            ClientsCommand.Create(environment),
            ClientCommand.Create(environment),
            DisconnectsCommand.Create(environment),
            EventsCommand.Create(environment),
            SendCommand.Create(environment),
            DeliveriesCommand.Create(environment),
            BroadcastCommand.Create(environment),
            DisconnectCommand.Create(environment),
            BanCommand.Create(environment),
            DrainCommand.Create(environment),
            ConfigCommand.Create(environment),
            FrameCommand.Create(environment),
            TokenCommand.Create(environment),
            ProxyCommand.Create(environment),
            CompletionsCommand.Create(environment),
        };
        root.Add(HelpCommand.Create(root, environment));
        HelpPage.Extend(root, environment.IsOutputTerminal);
        return root;
    }

    private static async Task<ExitCode> UsageErrorAsync(ParseResult parsed, CliEnvironment environment)
    {
        foreach (var message in UsageErrors.Of(parsed)) await FailAsync(environment, Printable.From(message));

        var path = string.Join(' ', Path(parsed.CommandResult));
        await environment.Error.WriteLineAsync($"'{path} --help' lists the commands and options.");
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

    private static Task FailAsync(CliEnvironment environment, string text) => environment.Error.WriteLineAsync($"{Name}: {text}");

    private static bool IsBrokenPipe(IOException e) => e.HResult is 32 or unchecked((int)0x8007006D) || e.InnerException is IOException { HResult: 32 };
}
