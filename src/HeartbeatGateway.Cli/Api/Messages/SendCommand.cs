using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Messages;

/// <summary><c>hbg send</c>: sends a message to clients, with a result for each.</summary>
internal static class SendCommand
{
    private const int MaxIds = 1000;

    public static Command Create(CliEnvironment environment)
    {
        var (ids, content, once) = (new IdOptions(), new ContentOptions(), new OnceSender());
        var command = new ApiCommand(
            "send",
            "Sends a message to clients. Each has a result: queued, slow (too much waits for it already) or gone (it is not connected).",
            ApiCommand.OneDocument,
            "hbg send pump-17 --type order --text start",
            "hbg send --ids pump-17,pump-18 --type order --json-content '{\"speed\":3}'",
            "hbg send pump-17 --type firmware --file image.bin");
        ids.AddTo(command);
        content.AddTo(command);
        once.AddTo(command);
        return command.Runs(environment, async run =>
        {
            var to = ids.Read(run.Parsed);
            if (to.Count is 0 or > MaxIds)
            {
                throw new CliException(ExitCode.Usage, to.Count == 0 ? "give the client ids; hbg broadcast sends to all." : $"at most {MaxIds} client ids can be given at once.");
            }

            var answer = await once.SendAsync(run, "messages", content.Read(run) with { Ids = to });
            var results = run.Api.Read(answer, ApiJson.Default.MessageResults).Results ?? [];
            if (run.IsJson) await run.WriteAsync(ApiJson.Line(answer));
            else
            {
                foreach (var r in results) await run.WriteAsync($"{Facts.Text(r.Result),-7} {Facts.Text(r.ClientId)}");
            }

            return results.All(r => r.Result == "queued") ? ExitCode.Success : ExitCode.NotDelivered;
        });
    }
}
