using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary><c>hbg frame explain</c>: shows each field of a frame and marks the first wrong byte.</summary>
internal static class ExplainCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var options = new ExplainOptions();
        var command = new Command(
            "explain",
            "Shows each field of a frame and marks the first wrong byte. Reads hex in most common forms: "
            + "plain digits, C arrays, xxd, hexdump -C, od -t x1, Wireshark, tcpdump -X.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = options.Settings(parsed, environment);
            var input = await options.InputAsync(parsed, environment, cancellation);
            var parts = FrameExplainer.Explain(input, settings);
            if (options.IsJson(parsed)) await ExplainJson.WriteAsync(environment.Out, input, parts);
            else await ExplainText.WriteAsync(environment.Out, input, parts);
            return (int)(parts.Count > 0 && parts.All(p => p.IsValid) ? ExitCode.Success : ExitCode.NotValid);
        });
        return command;
    }
}
