using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary><c>hbg token verify</c>: whether a token is right, whose it is, and otherwise what its maker did instead.</summary>
internal static class TokenVerifyCommand
{
    public static Command Create(CliEnvironment surroundings)
    {
        var input = new FrameInput();
        var fields = new FrameFieldOptions();
        var tokens = new TokenOptionSet();
        var token = new Option<string?>("--token") { Description = "The token, when the frame is given by --type, --created and --content instead of its bytes.", HelpName = "text" };
        var at = DateText.Option("--at", "The clock that the date is judged by; default: now.");
        var json = new Option<bool>("--json") { Description = "Writes JSON." };
        var command = new Command("verify", "Says whether a frame's token verifies, by which key and in which direction, and otherwise why not.");
        input.AddTo(command);
        command.Add(token);
        fields.AddTo(command);
        foreach (var option in (Option[])[at, json]) command.Add(option);
        tokens.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var settings = await tokens.ReadAsync(parsed, surroundings);
            if (parsed.GetValue(token) is not null && input.IsGiven(parsed)) throw new CliException(ExitCode.Usage, "Give the frame's bytes or --token with the fields, not both.");
            var frame = parsed.GetValue(token) is { } text ? fields.Encode(parsed, settings, surroundings.Time, text) : Whole(await input.ReadAsync(parsed, surroundings));
            var zone = settings.Keyring.TimeZone;
            var now = parsed.GetValue(at) is { } date ? DateText.Read("--at", date, zone) : surroundings.Time.GetUtcNow().ToUnixTimeSeconds();
            var found = TokenDiagnosis.Diagnose(frame, settings, fields.Reader(parsed), now);
            if (parsed.GetValue(json)) await WriteJsonAsync(surroundings.Out, found);
            else await WriteAsync(surroundings.Out, found, frame, zone);
            return (int)(found.IsVerified ? ExitCode.Success : ExitCode.NotValid);
        });
        return command;
    }

    private static byte[] Whole(byte[] bytes)
    {
        var parts = FrameExplainer.Explain(bytes, new ExplainSettings { Now = 0, MaxContentBytes = int.MaxValue });
        if (parts is [{ IsFrame: true, IsComplete: true }]) return bytes;
        if (parts is [{ IsFrame: true, IsComplete: true }, ..]) throw new CliException(ExitCode.NotValid, $"the input holds more than one frame: 'hbg frame explain' takes them one by one, this command the first {parts[0].Length} bytes alone.");
        throw new CliException(ExitCode.NotValid, "the input is no whole frame; 'hbg frame explain' points at what is wrong.");
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

    /// <summary>As in the label <c>cause</c> of token_failures_total.</summary>
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
