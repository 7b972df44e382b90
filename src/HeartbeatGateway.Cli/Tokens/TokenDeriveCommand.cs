using System.CommandLine;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary><c>hbg token derive</c>: writes the secrets of clients, derived from a master.</summary>
internal static class TokenDeriveCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var clients = new Argument<string[]>("client-id") { Description = "The client ids.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Writes one JSON object per line." };
        var tokens = new TokenOptionSet();
        var command = new Command(
            "derive",
            "Writes the secret of a client, derived from the master secret of a gateway's key with PerClient=true. Of several ids, each line has the id, a tab and the secret.");
        command.Add(clients);
        command.Add(json);
        tokens.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var ids = parsed.GetRequiredValue(clients);
            var settings = await tokens.ReadAsync(parsed, environment);
            if (settings.Keyring.Scheme != TokenScheme.HmacSha256) throw new CliException(ExitCode.Usage, "--scheme: only hmac-sha256 has secrets that are derived for each client.");
            var master = settings.Keyring.Secrets[0];
            foreach (var id in ids)
            {
                var secret = ClientSecret.Derive(master, id);
                if (parsed.GetValue(json)) await Json.WriteLineAsync(environment.Out, new { clientId = id, secret });
                else await environment.Out.WriteLineAsync(ids.Length == 1 ? secret : $"{id}\t{secret}");
            }

            return (int)ExitCode.Success;
        });
        return command;
    }
}
