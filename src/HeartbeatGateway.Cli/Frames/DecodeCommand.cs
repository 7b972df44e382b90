using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary><c>hbg frame decode</c>: writes one line per frame.</summary>
internal static class DecodeCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var options = new ExplainOptions();
        var command = new Command("decode", "Writes one line per frame and stops at the first frame that is not valid. Reads the same input as 'explain'.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = options.Settings(parsed, environment);
            var input = await options.InputAsync(parsed, environment, cancellation);
            foreach (var part in FrameExplainer.Explain(input, settings))
            {
                if (part.Findings.FirstOrDefault(f => f.Severity == Severity.Wrong) is { } wrong)
                {
                    throw new CliException(
                        ExitCode.NotValid,
                        $"at offset {FrameExplainer.Hex(wrong.Offset ?? part.Offset)}, {wrong.Check}: {wrong.Text}. 'hbg frame explain' shows details.");
                }

                if (options.IsJson(parsed)) await ExplainJson.WriteAsync(environment.Out, input, [part]);
                else await environment.Out.WriteLineAsync(Line(part));
            }

            return (int)ExitCode.Success;
        });
        return command;
    }

    private static string Line(ExplainedPart part)
    {
        string Value(string name) => part.Fields.FirstOrDefault(f => f.Name == name)?.Value ?? "";
        var content = part.Fields.FirstOrDefault(f => f.Name == "content");
        return $"{FrameExplainer.Hex(part.Offset)} {(part.Type.Length == 0 ? "(no type)" : part.Type)} created {Value("created")} token {Value("token")} "
            + $"content {Plural.Of(content?.Length ?? 0, "byte")}: {content?.Value ?? "none"}";
    }
}
