using System.CommandLine;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary><c>hbg frame encode</c>: writes a signed frame, ready to send.</summary>
internal static class EncodeCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var fields = new FrameFieldOptions();
        var tokens = new TokenOptionSet();
        var format = new Option<string>("--output", "-o")
        {
            Description = "hex: one line; dump: with offsets and characters; raw: the bytes.",
            DefaultValueFactory = _ => "hex",
        };
        format.AcceptOnlyFromAmong("hex", "dump", "raw");
        var command = new Command("encode", "Writes a signed frame: as hex, as a hex dump, or as raw bytes.");
        fields.AddTo(command);
        command.Add(format);
        tokens.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var form = parsed.GetRequiredValue(format);
            if (form == "raw" && environment.IsOutputTerminal)
            {
                throw new CliException(
                    ExitCode.Usage, "--output raw writes binary data, which can corrupt a terminal: redirect the output to a file or a pipe.");
            }

            var frame = fields.Encode(parsed, await tokens.ReadAsync(parsed, environment), environment.Time);
            await WriteAsync(environment, form, frame);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task WriteAsync(CliEnvironment environment, string form, byte[] frame)
    {
        switch (form)
        {
            case "raw":
                await environment.Out.FlushAsync();
                await environment.RawOut.WriteAsync(frame);
                await environment.RawOut.FlushAsync();
                break;
            case "dump":
                foreach (var row in DumpRow.Of(frame)) await environment.Out.WriteLineAsync(row.Text);
                break;
            default:
                await environment.Out.WriteLineAsync(Convert.ToHexStringLower(frame));
                break;
        }
    }
}
