using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary><c>hbg frame explain</c>: field by field, with the first wrong byte pointed at.</summary>
internal static class ExplainCommand
{
    public static Command Create(CliEnvironment surroundings)
    {
        var options = new ExplainOptions();
        var command = new Command("explain", "Takes frames apart field by field and points at the first wrong byte. Reads hex in nearly every form: bare digits, C arrays, xxd, hexdump -C, od -t x1, Wireshark, tcpdump -X.");
        options.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var settings = options.Settings(parsed, surroundings);
            var input = await options.InputAsync(parsed, surroundings);
            var parts = FrameExplainer.Explain(input, settings);
            if (options.IsJson(parsed)) await ExplainJson.WriteAsync(surroundings.Out, input, parts);
            else await ExplainText.WriteAsync(surroundings.Out, input, parts);
            return (int)(parts.Count > 0 && parts.All(p => p.IsValid) ? ExitCode.Success : ExitCode.NotValid);
        });
        return command;
    }
}
