using System.CommandLine;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary><c>hbg frame encode</c>: a signed frame, ready to be sent.</summary>
internal static class EncodeCommand
{
    public static Command Create(CliEnvironment surroundings)
    {
        var fields = new FrameFieldOptions();
        var tokens = new TokenOptionSet();
        var format = new Option<string>("--output", "-o") { Description = "hex: one line; dump: with offsets and characters; raw: the bytes.", DefaultValueFactory = _ => "hex" };
        format.AcceptOnlyFromAmong("hex", "dump", "raw");
        var command = new Command("encode", "Writes a signed frame: as hex, as a dump to be read, or as bytes to be sent.");
        fields.AddTo(command);
        command.Add(format);
        tokens.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var form = parsed.GetRequiredValue(format);
            if (form == "raw" && surroundings.IsOutputTerminal) throw new CliException(ExitCode.Usage, "--output raw writes bytes, which would spoil a terminal: send it to a file or a pipe.");
            var frame = fields.Encode(parsed, await tokens.ReadAsync(parsed, surroundings), surroundings.Time);
            await WriteAsync(surroundings, form, frame);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task WriteAsync(CliEnvironment surroundings, string form, byte[] frame)
    {
        switch (form)
        {
            case "raw":
                await surroundings.Out.FlushAsync();
                await surroundings.RawOut.WriteAsync(frame);
                await surroundings.RawOut.FlushAsync();
                break;
            case "dump":
                foreach (var row in DumpRow.Of(frame)) await surroundings.Out.WriteLineAsync(row.Text);
                break;
            default:
                await surroundings.Out.WriteLineAsync(Convert.ToHexStringLower(frame));
                break;
        }
    }
}
