using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary><c>hbg token verify</c>: verifies a token and names its key, or the probable encoder mistake.</summary>
internal static class TokenVerifyCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var input = new FrameInput();
        var fields = new FrameFieldOptions();
        var tokens = new TokenOptionSet();
        var token = new Option<string?>("--token")
        {
            Description = "The token, when --type, --created and --content describe the frame instead of its bytes.",
            HelpName = "text",
        };
        var at = DateText.Option("--at", "The time that the date is compared with. Default: now.");
        var json = new Option<bool>("--json") { Description = "Writes JSON." };
        var command = new Command("verify", "Verifies the token of a frame. Shows the key and the direction, or the reason why it does not verify.");
        input.AddTo(command);
        command.Add(token);
        fields.AddTo(command);
        foreach (var option in (Option[])[at, json]) command.Add(option);
        tokens.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = await tokens.ReadAsync(parsed, environment);
            if (parsed.GetValue(token) is not null && input.IsGiven(parsed))
            {
                throw new CliException(ExitCode.Usage, "Give the frame's bytes or --token with the fields, not both.");
            }

            var frame = parsed.GetValue(token) is { } text
                ? fields.Encode(parsed, settings, environment.Time, text)
                : CompleteFrame(await input.ReadAsync(parsed, environment, cancellation));
            var zone = settings.Keyring.TimeZone;
            var now = parsed.GetValue(at) is { } date ? DateText.Read("--at", date, zone) : environment.Time.GetUtcNow().ToUnixTimeSeconds();
            var found = TokenDiagnosis.Diagnose(frame, settings, fields.Reader(parsed), now, isThorough: true);
            if (parsed.GetValue(json)) await WriteJsonAsync(environment.Out, found);
            else await WriteAsync(environment.Out, found, frame, zone);
            return (int)(found.IsVerified ? ExitCode.Success : ExitCode.NotValid);
        });
        return command;
    }

    private static byte[] CompleteFrame(byte[] bytes)
    {
        var parts = FrameExplainer.Explain(bytes, new ExplainSettings { Now = 0, MaxContentBytes = int.MaxValue });
        if (parts is [{ IsFrame: true, IsComplete: true }]) return bytes;
        throw new CliException(ExitCode.NotValid, parts is [{ IsFrame: true, IsComplete: true }, ..]
            ? "the input contains more than one frame, but this command accepts one: "
                + $"the first frame is the first {parts[0].Length} bytes. 'hbg frame explain' shows all frames."
            : "the input is not a complete frame; 'hbg frame explain' shows what is wrong.");
    }

    private static async Task WriteAsync(TextWriter output, TokenFinding found, byte[] frame, FrameTimeZone zone)
    {
        await output.WriteLineAsync($"{(found.IsVerified ? "verified" : $"not verified ({Name(found.Outcome)})")}: {Printable.From(found.Text)}");
        if (found is { IsVerified: true, Age: { } age })
        {
            var created = Encoding.ASCII.GetString(FrameFormat.Trim(frame.AsSpan(FrameFormat.CreatedOffset, FrameFormat.FieldLength))[..FrameDate.Length]);
            await output.WriteLineAsync($"  created {created} {zone.Name}, {DateText.Ago((long)age.TotalSeconds)}");
        }

        foreach (var hint in found.Hints) await output.WriteLineAsync($"  {hint}");
    }

    private static Task WriteJsonAsync(TextWriter output, TokenFinding found) => Json.WriteLineAsync(output, new
    {
        verified = found.IsVerified,
        outcome = Name(found.Outcome),
        key = found.KeyId,
        direction = found.Reader switch { TokenRole.Gateway => "to-gateway", TokenRole.Client => "to-client", _ => null },
        ageSeconds = found.Age?.TotalSeconds,
        found.Text,
        hints = found.Hints.Count == 0 ? null : found.Hints,
    });

    /// <summary>The name of an outcome, as in the label <c>cause</c> of token_failures_total.</summary>
    private static string Name(TokenOutcome outcome) => outcome switch
    {
        TokenOutcome.Verified => "verified",
        TokenOutcome.Malformed => "malformed",
        TokenOutcome.UnknownKey => "unknown_key",
        TokenOutcome.Mismatch => "mismatch",
        TokenOutcome.Expired => "expired",
        TokenOutcome.Future => "future",
        TokenOutcome.BadDate => "bad_date",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "This outcome has no name."),
    };
}
