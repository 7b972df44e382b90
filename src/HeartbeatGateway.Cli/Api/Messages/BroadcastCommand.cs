using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Messages;

/// <summary><c>hbg broadcast</c>: sends a message to every connected client.</summary>
internal static class BroadcastCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var (content, once) = (new ContentOptions(), new OnceSender());
        var command = new ApiCommand(
            "broadcast",
            "Sends a message to every connected client, those without a client id included.",
            ApiCommand.OneDocument,
            "hbg broadcast --type news --text 'maintenance at 22:00'",
            "hbg broadcast --type config --file config.json");
        content.AddTo(command);
        once.AddTo(command);
        return command.Runs(environment, async run =>
        {
            var answer = await once.SendAsync(run, "broadcast", content.Read(run));
            var queued = run.Api.Read(answer, ApiJson.Default.BroadcastResult).Queued ?? throw run.Api.Malformed("without 'queued'");
            await run.WriteAsync(run.IsJson ? ApiJson.Line(answer) : $"queued for {Plural.Of(queued, "connection")}");
            if (Incomplete.Describe([.. Incomplete.Of(answer)], "it is not known whether their clients get it") is not { } missing) return ExitCode.Success;
            await run.NoteAsync(missing);
            return ExitCode.NotDelivered;
        });
    }
}
