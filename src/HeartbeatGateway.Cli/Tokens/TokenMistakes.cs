using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Tries common mistakes of token encoders, and names the mistake that gives this token.</summary>
internal static class TokenMistakes
{
    private const string TrailingNewline = "the encoder used the secret with a trailing newline: strip the newline after reading the file";

    private static ReadOnlySpan<byte> Outbound => "heartbeatgateway outbound"u8;

    public static IEnumerable<string> Find(ReadOnlyMemory<byte> frame, TokenSettings settings) =>
        settings.Keyring.Scheme == TokenScheme.HmacSha256 ? Hmac(frame.ToArray(), settings) : Digest(frame, settings);

    private static IEnumerable<string> Hmac(byte[] frame, TokenSettings settings)
    {
        var text = TokenForm.TextOf(frame);
        var token = text[(text.IndexOf('.', StringComparison.Ordinal) + 1)..];
        foreach (var (key, keyMistake) in settings.Secrets.SelectMany(Keys))
        {
            foreach (var (input, inputMistake) in Inputs(frame))
            {
                if (Base64Url.EncodeToString(HMACSHA256.HashData(key, input)) != token) continue;
                return [string.Join(", and ", new[] { inputMistake, keyMistake }.Where(m => m.Length > 0))];
            }
        }

        return [];
    }

    private static IEnumerable<(byte[] Key, string Mistake)> Keys(string secret)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        yield return (plain, "");
        yield return (HMACSHA256.HashData(plain, Outbound), "");
        yield return (Encoding.UTF8.GetBytes(secret + "\n"), TrailingNewline);
        yield return (Encoding.UTF8.GetBytes(secret.Trim()), "the encoder trimmed white space around the secret; the key is the whole text");
        if (secret.Length % 2 == 0 && secret.All(char.IsAsciiHexDigit))
        {
            yield return (Convert.FromHexString(secret), "the encoder decoded the secret as hex; the key is the text itself");
        }

        var bytes = new byte[secret.Length];
        if (Convert.TryFromBase64String(secret, bytes, out var count))
        {
            yield return (bytes[..count], "the encoder decoded the secret as base64; the key is the text itself");
        }

        yield return (SHA256.HashData(plain), "the encoder used the SHA256 of the secret as the key; the key is the text itself");
    }

    private static IEnumerable<(byte[] Input, string Mistake)> Inputs(byte[] frame)
    {
        var head = frame[..FrameFormat.TokenOffset];
        var created = frame[FrameFormat.CreatedOffset..FrameFormat.HeaderLength];
        var content = frame[FrameFormat.HeaderLength..];
        var type = FrameFormat.Trim(frame.AsSpan(FrameFormat.TypeOffset, FrameFormat.FieldLength)).ToArray();
        var date = FrameFormat.Trim(created).ToArray();
        yield return ([.. head, .. created, .. content], "");
        yield return ([.. head, .. new byte[FrameFormat.FieldLength], .. created, .. content], "the encoder hashed the empty token field too; omit it");
        yield return (
            [.. frame[..FrameFormat.TypeOffset], .. type, .. date, .. content],
            "the encoder hashed type and date without their padding; they are hashed as sent, 50 bytes each");
        yield return ([.. head, .. created], "the encoder omitted the content");
        yield return (content, "the encoder hashed only the content");
        yield return ([.. frame[FrameFormat.TypeOffset..FrameFormat.TokenOffset], .. created, .. content], "the encoder omitted magic and length");
        yield return ([.. type, .. date, .. content], "the encoder hashed only the texts; the token also covers magic, length and padding");
    }

    private static IEnumerable<string> Digest(ReadOnlyMemory<byte> frame, TokenSettings settings)
    {
        var withNewline = settings with
        {
            Keyring = settings.Keyring with
            {
                Secrets = [.. settings.Secrets.Select((secret, i) => new TokenSecret(settings.Keyring.Secrets[i].Id, secret + "\n"))],
            },
        };
        if (TokenDiagnosis.Verify(frame, withNewline, TokenRole.Gateway, 0).Outcome != TokenOutcome.Mismatch) yield return TrailingNewline;
    }
}
