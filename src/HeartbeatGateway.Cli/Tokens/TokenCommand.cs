using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary><c>hbg token</c>.</summary>
internal static class TokenCommand
{
    public static Command Create(CliEnvironment environment) => new("token", "Makes tokens, and explains why a token does not verify.")
    {
        TokenMakeCommand.Create(environment),
        TokenVerifyCommand.Create(environment),
    };
}
