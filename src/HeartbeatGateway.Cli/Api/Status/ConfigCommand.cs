using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Status;

/// <summary><c>hbg config</c>: the settings in force, and where each comes from.</summary>
internal static class ConfigCommand
{
    private static readonly IReadOnlyList<TextColumn<ConfigOption>> Columns =
    [
        new("SETTING", o => Facts.Text(o.Name)),
        new("VALUE", o => o.IsShown == false ? o.IsSet == true ? "set, not shown" : "not set" : Facts.Text(o.Value)),
        new("FROM", o => o.IsSet == true ? Facts.Text(o.Origin) : "default", 1),
    ];

    public static Command Create(CliEnvironment environment)
    {
        var prefix = new Argument<string?>("prefix") { Description = "The beginning of the settings' names, such as Gateway:Tls.", Arity = ArgumentArity.ZeroOrOne };
        DidYouMean.RefuseOptions(prefix);
        var set = new Option<bool>("--set") { Description = "Shows only settings that are set." };
        var command = new ApiCommand(
            "config",
            "Shows the settings in force and where each comes from. Secrets are not shown. The key needs the scope admin.",
            $"{ApiCommand.OneDocument} It is the whole answer, without a selection.",
            "hbg config --set",
            "hbg config Gateway:Heartbeat");
        command.Add(prefix);
        command.Add(set);
        return command.Runs(environment, async run =>
        {
            var answer = await run.Api.GetAsync("config", run.Cancellation);
            var options = run.Api.Read(answer, ApiJson.Default.ConfigListing).Options ?? throw run.Api.Malformed("without 'options'");
            if (run.IsJson)
            {
                await run.WriteAsync(ApiJson.Line(answer));
                return ExitCode.Success;
            }

            var beginning = run.Parsed.GetValue(prefix) ?? "";
            IReadOnlyList<ConfigOption> shown = [.. options.Where(o => (o.Name ?? "").StartsWith(beginning, StringComparison.OrdinalIgnoreCase) && (o.IsSet == true || !run.Parsed.GetValue(set)))];
            if (shown.Count == 0) await run.NoteAsync("no setting matches.");
            else foreach (var line in new TextTable<ConfigOption>(Columns, run.Environment.OutputWidth()).Lines(shown)) await run.WriteAsync(line);
            return ExitCode.Success;
        });
    }
}
