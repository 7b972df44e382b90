using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary><c>hbg frame</c>.</summary>
internal static class FrameCommand
{
    public static Command Create(CliEnvironment surroundings) => new("frame", "Makes frames, and takes them apart.")
    {
        EncodeCommand.Create(surroundings),
        DecodeCommand.Create(surroundings),
        ExplainCommand.Create(surroundings),
    };
}
