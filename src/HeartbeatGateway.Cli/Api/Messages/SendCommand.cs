using System.CommandLine;
using System.Globalization;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Messages;

/// <summary><c>hbg send</c>: sends a message to clients, with a result for each.</summary>
internal static class SendCommand
{
    private const int MaxIds = 1000;

    /// <summary>The longest time that the gateway waits.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    public static Command Create(CliEnvironment environment)
    {
        var (ids, content, once) = (new IdOptions(), new ContentOptions(), new OnceSender());
        var ttl = Duration.Optional("--ttl", "Holds the message for clients that are away, and keeps it until it is acknowledged, for this time at most.");
        var wait = Duration.Optional("--wait", "Waits until every result is final, for this time at most: 30 s. --timeout begins after it.");
        var command = new ApiCommand(
            "send",
            "Sends a message to clients. Each has a result: delivered (acknowledged), queued, held (until the client connects), expired, slow (too much waits already) or gone (not connected).",
            ApiCommand.OneDocument,
            "hbg send pump-17 --type order --text start",
            "hbg send pump-17 --type order --text start --ttl 1h --wait 5s",
            "hbg send --ids pump-17,pump-18 --type order --json-content '{\"speed\":3}'",
            "hbg send pump-17 --type firmware --file image.bin");
        ids.AddTo(command);
        content.AddTo(command);
        command.AddAll(ttl, wait);
        once.AddTo(command);
        return command.Runs(environment, async run =>
        {
            var to = ids.Read(run.Parsed);
            if (to.Count is 0 or > MaxIds)
            {
                throw new CliException(ExitCode.Usage, to.Count == 0 ? "give the client ids; hbg broadcast sends to all." : $"at most {MaxIds} client ids can be given at once.");
            }

            var (hold, patience) = (run.Parsed.GetValue(ttl), run.Parsed.GetValue(wait));
            if (hold <= TimeSpan.Zero) throw new CliException(ExitCode.Usage, "--ttl must be above 0.");
            if (patience <= TimeSpan.Zero || patience > MaxWait) throw new CliException(ExitCode.Usage, "--wait must be above 0 and at most 30s.");
            var path = patience is { } time ? string.Create(CultureInfo.InvariantCulture, $"messages?wait={(decimal)time.TotalSeconds}") : "messages";
            var answer = await once.SendAsync(run, path, content.Read(run) with { Ids = to, TtlSeconds = hold?.TotalSeconds }, patience ?? default);
            var results = run.Api.Read(answer, ApiJson.Default.MessageResults).Results ?? [];
            if (run.IsJson) await run.WriteAsync(ApiJson.Line(answer));
            else
            {
                var width = results.Select(r => Facts.Text(r.Result).Length).Append("queued ".Length).Max();
                foreach (var r in results) await run.WriteAsync($"{Facts.Text(r.Result).PadRight(width)} {Facts.Text(r.ClientId)}{Explain(r.Result)}");
            }

            return results.All(r => r.Result is "delivered" or "queued" or "held") ? ExitCode.Success : ExitCode.NotDelivered;
        });
    }

    /// <summary>What a result means that its name does not tell.</summary>
    private static string Explain(string? result) => result switch
    {
        "expired" => ": not acknowledged in time; the client may have received it",
        "node_unreachable" => ": the node of the client cannot be reached, so it was not sent; the client is elsewhere or gone within seconds",
        "unknown" => ": the node of the client did not answer in time; the client may receive it",
        "dropped" => ": the gateway has stopped or no longer keeps it; the client may have received it",
        "delivered" or "queued" or "held" or "slow" or "gone" => "",
        _ => ": this version of hbg does not know the result; it counts as not delivered",
    };
}
