using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Bans;

/// <summary><c>hbg ban</c>.</summary>
internal static class BanCommand
{
    public static Command Create(CliEnvironment environment) => new("ban", "Lists, adds and removes bans of clients, addresses and keys.")
    {
        BanListCommand.Create(environment),
        BanAddCommand.Create(environment),
        BanRemoveCommand.Create(environment),
    };
}
