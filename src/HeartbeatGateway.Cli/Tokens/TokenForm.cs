using System.Buffers;
using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Explains why a text cannot be a token of its scheme.</summary>
internal static class TokenForm
{
    private const int HmacLength = 43;
    private static readonly SearchValues<char> Base64Url = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> AnyHex = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>The trimmed token of a frame.</summary>
    public static string TextOf(ReadOnlySpan<byte> frame) => Encoding.Latin1.GetString(FrameFormat.Trim(Field(frame)));

    /// <summary>The same frame with another token.</summary>
    public static byte[] WithToken(ReadOnlySpan<byte> frame, string token)
    {
        var copy = frame.ToArray();
        FrameFormat.WriteField(Encoding.Latin1.GetBytes(token), copy.AsSpan(FrameFormat.TokenOffset, FrameFormat.FieldLength));
        return copy;
    }

    public static TokenFinding Diagnose(ReadOnlySpan<byte> frame, TokenSettings settings)
    {
        var isHmac = settings.Keyring.Scheme == TokenScheme.HmacSha256;
        var (wanted, alphabet, what) = isHmac
            ? (HmacLength, Base64Url, "base64url")
            : settings.Keyring.Digest.Output == DigestOutput.Hex
                ? (settings.Keyring.Digest.TokenLength, LowerHex, "lower-case hex")
                : (settings.Keyring.Digest.TokenLength, Base64Url, "base64url");
        var token = TextOf(frame);
        var start = Math.Max(Field(frame).IndexOfAnyExceptInRange((byte)0, (byte)0x20), 0);
        if (token.Length == 0) return Malformed("the token field is empty", null, isHmac ? [] : ["only the scheme none accepts an empty token"]);

        // The length of a token does not include the key id.
        var dot = isHmac ? token.IndexOf('.', StringComparison.Ordinal) : -1;
        var body = token[(dot + 1)..];
        if (dot >= 0 && !TokenSecret.IsValidId(token[..dot]))
        {
            return Malformed($"the key id before the dot must have 1 to {TokenSecret.MaxIdLength} characters of A-Z a-z 0-9 _ -", start, []);
        }

        var hints = Hints(body, settings);
        var wrong = body.AsSpan().IndexOfAnyExcept(alphabet);
        if (wrong >= 0 && body.Length >= wanted - 2)
        {
            return Malformed($"'{Printable.From(body.Substring(wrong, 1))}' is not a character of {what}", start + dot + 1 + wrong, hints);
        }

        return body.Length == wanted
            ? Malformed($"'{Printable.From(token)}' is not a token of this scheme", start, hints)
            : Malformed(
                $"the token has {body.Length} characters{(dot >= 0 ? " after its key id" : "")}, but a token of this scheme has {wanted} characters of {what}",
                start + dot + 1 + Math.Min(body.Length, wanted),
                hints);
    }

    private static List<string> Hints(string body, TokenSettings settings)
    {
        var hints = new List<string>();
        if (settings.Keyring.Scheme == TokenScheme.HmacSha256)
        {
            if (body.Contains('+', StringComparison.Ordinal) || body.Contains('/', StringComparison.Ordinal) || body.EndsWith('='))
            {
                hints.Add("this looks like ordinary base64: base64url uses - for + and _ for /, and has no = at the end");
            }
            else if (body.Length == FrameFormat.FieldLength && !body.AsSpan().ContainsAnyExcept(AnyHex))
            {
                hints.Add("this looks like hex, cut at the end of the field: tokens of hmac-sha256 are base64url, 43 characters");
            }
            else if (body.Length is 32 or 40 && !body.AsSpan().ContainsAnyExcept(AnyHex))
            {
                hints.Add($"this looks like {(body.Length == 40 ? "SHA1" : "MD5")} in hex: try --scheme digest");
            }
        }
        else
        {
            var lower = body.ToLowerInvariant();
            if (settings.Keyring.Digest.Output == DigestOutput.Hex && body != lower && !lower.AsSpan().ContainsAnyExcept(LowerHex))
            {
                hints.Add("digests are compared in lower-case hex");
            }
            else if (body.Length == HmacLength && !body.AsSpan().ContainsAnyExcept(Base64Url)) hints.Add("this has the form of a token of hmac-sha256");
            else if (body.Length == 32 && settings.Keyring.Digest.TokenLength != 32) hints.Add("32 characters are MD5 in hex: try --digest-algorithm MD5");
            else if (body.Length == 40 && settings.Keyring.Digest.TokenLength != 40) hints.Add("40 characters are SHA1 in hex: try --digest-algorithm SHA1");
        }

        return hints;
    }

    private static TokenFinding Malformed(string text, int? wrongByte, IReadOnlyList<string> hints) =>
        new() { Outcome = TokenOutcome.Malformed, Text = text, WrongByte = wrongByte, Hints = hints };

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> frame) => frame.Slice(FrameFormat.TokenOffset, FrameFormat.FieldLength);
}
