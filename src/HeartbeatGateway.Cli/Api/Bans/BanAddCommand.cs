using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Bans;

/// <summary><c>hbg ban add</c>: bans a client, an address or a key, and closes whom the ban matches.</summary>
internal static class BanAddCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var client = new Option<string?>("--client") { Description = "The client id to ban.", HelpName = "id" };
        var address = new Option<string?>("--address") { Description = "The address or network to ban, such as 192.0.2.0/24.", HelpName = "cidr" };
        var key = new Option<string?>("--key-id") { Description = "The id of the key to ban: all clients that sign with it.", HelpName = "id" };
        var duration = Duration.Optional("--for", "The ban ends after this time. Default: never.");
        var comment = new Option<string?>("--comment") { Description = "Why; ban list shows it.", HelpName = "text" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Bans nothing, and shows whom the ban would match." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Does not ask." };
        var command = new ApiCommand(
            "add",
            "Bans a client id, an address or a key, and closes the connections that the ban matches. On a terminal it shows how many and asks first.",
            ApiCommand.OneDocument,
            "hbg ban add --client pump-17 --comment 'stolen'",
            "hbg ban add --address 192.0.2.0/24 --for 1h --dry-run",
            "hbg ban add --key-id k2 --yes");
        command.AddAll(client, address, key, duration, comment, dryRun, yes);
        return command.Runs(environment, async run =>
        {
            var p = run.Parsed;
            var body = new BanBody
            {
                ClientId = p.GetValue(client),
                Address = p.GetValue(address),
                KeyId = p.GetValue(key),
                Comment = p.GetValue(comment),
                DurationSeconds = p.GetValue(duration)?.TotalSeconds,
            };
            if (new[] { body.ClientId, body.Address, body.KeyId }.Count(v => v is not null) != 1)
            {
                throw new CliException(ExitCode.Usage, "give exactly one of --client, --address and --key-id.");
            }

            if (p.GetValue(dryRun)) return await ShowAsync(run, body with { DryRun = true });
            if (!p.GetValue(yes) && Confirmation.CanAsk(environment)) await ConfirmAsync(run, body);
            return await ShowAsync(run, body);
        });
    }

    private static async Task ConfirmAsync(ApiRun run, BanBody body)
    {
        var answer = await run.Api.SendAsync(HttpMethod.Post, "bans", body with { DryRun = true }, ApiJson.Default.BanBody, run.Cancellation);
        var matches = run.Api.Read(answer, ApiJson.Default.BanResult).Ban?.MatchingCount ?? 0;
        await Confirmation.AskAsync(run, $"Ban {body.ClientId ?? body.Address ?? $"the key {body.KeyId}"} and close {Plural.Of(matches, "connection")}?");
    }

    private static async Task<ExitCode> ShowAsync(ApiRun run, BanBody body)
    {
        var answer = await run.Api.SendAsync(HttpMethod.Post, "bans", body, ApiJson.Default.BanBody, run.Cancellation);
        var result = run.Api.Read(answer, ApiJson.Default.BanResult);
        var ban = result.Ban ?? throw run.Api.Malformed("without 'ban'");
        if (run.IsJson)
        {
            await run.WriteAsync(ApiJson.Line(answer));
            return ExitCode.Success;
        }

        var end = ban.ExpiresAt is null ? "without an end" : $"until {Facts.Time(ban.ExpiresAt)}";
        var what = $"{Facts.Text(ban.Kind)} {Facts.Text(ban.Value)} {end}";
        if (body.DryRun == true) await run.WriteAsync($"would ban {what}: matches {Plural.Of(ban.MatchingCount ?? 0, "connected client")}");
        else await run.WriteAsync($"{Facts.Text(ban.Id)}: banned {what}; {Plural.Of(result.Closed ?? 0, "connection")} closed");
        if (body.DryRun == true && ban.Matching is { Count: > 0 } matching) await run.WriteAsync($"  {string.Join(", ", matching.Select(Facts.Text))}");
        return ExitCode.Success;
    }
}
