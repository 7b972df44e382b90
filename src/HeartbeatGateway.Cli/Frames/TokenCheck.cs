using System.Text;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Cli.Tokens;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Checks the token of a complete frame.</summary>
internal static class TokenCheck
{
    public static Finding Find(ReadOnlySpan<byte> frame, int at, ExplainSettings settings)
    {
        var offset = at + FrameFormat.TokenOffset;
        if (settings.Tokens is null) return Unchecked(frame, offset);
        var found = TokenDiagnosis.Diagnose(frame.ToArray(), settings.Tokens, settings.Reader, settings.Now);
        return found.Outcome switch
        {
            TokenOutcome.Verified => new Finding(Severity.Ok, "token", found.KeyId is null ? found.Text : $"verifies: {found.Text}"),
            // The frames of a dump are usually old. Their age is an error only when --at gives the time at which they were sent.
            TokenOutcome.Expired or TokenOutcome.Future when !settings.EnforceAge => new Finding(Severity.Ok, "token", found.Text) { Hints = found.Hints },
            TokenOutcome.Expired or TokenOutcome.Future =>
                new Finding(Severity.Wrong, "token", found.Text, at + FrameFormat.CreatedOffset, FrameDate.Length) { Hints = found.Hints },
            // The check of the date reports this as an error.
            TokenOutcome.BadDate => new Finding(Severity.Note, "token", found.Text),
            _ => new Finding(
                Severity.Wrong,
                "token",
                found.Text,
                offset + (found.WrongByte ?? 0),
                found.WrongByte is null ? Math.Max(TokenForm.TextOf(frame).Length, 1) : 1)
            { Hints = found.Hints, IsExact = found.Outcome != TokenOutcome.Mismatch },
        };
    }

    private static Finding Unchecked(ReadOnlySpan<byte> frame, int offset)
    {
        var field = frame.Slice(FrameFormat.TokenOffset, FrameFormat.FieldLength);
        var text = FrameFormat.Trim(field);
        if (text.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) is var wrong and >= 0)
        {
            return new Finding(
                Severity.Wrong,
                "token",
                $"the token contains the byte {text[wrong]:x2}, but a token is printable ASCII",
                offset + field.IndexOf(text) + wrong);
        }

        var form = text.Length switch
        {
            0 => "empty, as in the scheme none",
            43 => "the form of hmac-sha256",
            40 => "the form of a SHA1 digest",
            32 => "the form of an MD5 digest",
            _ when Encoding.ASCII.GetString(text).Split('.') is [{ } id, { Length: 43 }] && TokenSecret.IsValidId(id) =>
                $"the form of hmac-sha256 with the key id {Printable.From(id)}",
            _ => "not a known form",
        };
        return new Finding(Severity.Note, "token", $"not verified, because no secret is given; {text.Length} characters, {form}");
    }
}
