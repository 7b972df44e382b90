using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary><c>hbg token make</c>: writes the token that a frame must carry.</summary>
internal static class TokenMakeCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var fields = new FrameFieldOptions();
        var tokens = new TokenOptionSet();
        var json = new Option<bool>("--json") { Description = "Writes JSON: the token and the fields that it covers." };
        var command = new Command("make", "Writes the token for a frame with the given fields. The fields are padded with NUL.");
        fields.AddTo(command);
        command.Add(json);
        tokens.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var settings = await tokens.ReadAsync(parsed, environment);
            var frame = fields.Encode(parsed, settings, environment.Time);
            if (parsed.GetValue(json)) await WriteJsonAsync(environment.Out, frame);
            else await environment.Out.WriteLineAsync(Field(frame, FrameFormat.TokenOffset));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static Task WriteJsonAsync(TextWriter output, byte[] frame) => Json.WriteLineAsync(output, new
    {
        token = Field(frame, FrameFormat.TokenOffset),
        type = Field(frame, FrameFormat.TypeOffset),
        created = Field(frame, FrameFormat.CreatedOffset),
        length = frame.Length - FrameFormat.HeaderLength,
        frame = Convert.ToHexStringLower(frame),
    });

    private static string Field(byte[] frame, int offset) => Encoding.UTF8.GetString(FrameFormat.Trim(frame.AsSpan(offset, FrameFormat.FieldLength)));
}
