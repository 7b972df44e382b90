using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary><c>hbg token</c>.</summary>
internal static class TokenCommand
{
    public static Command Create(CliEnvironment environment) => new("token", "Makes tokens, explains why a token does not verify, and derives the secrets of clients.")
    {
        TokenMakeCommand.Create(environment),
        TokenVerifyCommand.Create(environment),
        TokenDeriveCommand.Create(environment),
    };
}
