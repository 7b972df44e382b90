using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary><c>hbg token</c>.</summary>
internal static class TokenCommand
{
    public static Command Create(CliEnvironment surroundings) => new("token", "Makes tokens, and says why one does not verify.")
    {
        TokenMakeCommand.Create(surroundings),
        TokenVerifyCommand.Create(surroundings),
    };
}
