using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Options;

/// <summary>The secret of one client, derived from the master that the command line gives.</summary>
internal static class ClientSecret
{
    /// <summary>The text of the client's secret.</summary>
    /// <exception cref="CliException">The client id breaks its rule.</exception>
    public static string Derive(TokenSecret master, string clientId)
    {
        try
        {
            return master.DeriveText(clientId);
        }
        catch (ArgumentException e)
        {
            throw new CliException(ExitCode.Usage, $"'{Printable.From(clientId, 40)}': {Messages.WithoutParameter(e)}.", e);
        }
    }

    /// <summary>The options of a client whose secrets are derived from those of the options. Its tokens contain the key id.</summary>
    /// <exception cref="CliException">There is no client id, or it breaks its rule.</exception>
    public static GatewayClientOptions For(GatewayClientOptions options, string? clientId)
    {
        if (clientId is null) throw new CliException(ExitCode.Usage, "--per-client: a client without an id has no secret of its own.");
        var secrets = options.Tokens.Secrets.Select(master => new TokenSecret(master.Id, Derive(master, clientId)));
        return options with { ClientId = clientId, NameKey = true, Tokens = options.Tokens with { Secrets = [.. secrets] } };
    }
}
