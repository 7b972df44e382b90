using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary><c>hbg frame</c>.</summary>
internal static class FrameCommand
{
    public static Command Create(CliEnvironment environment) => new("frame", "Makes and examines frames.")
    {
        EncodeCommand.Create(environment),
        DecodeCommand.Create(environment),
        ExplainCommand.Create(environment),
    };
}
