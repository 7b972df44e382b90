using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Tries common mistakes of token encoders, and names the mistake that gives this token.</summary>
internal static class TokenMistakes
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="frame">A whole frame.</param>
    /// <param name="settings">Scheme and secrets.</param>
    /// <param name="isThorough">True to search also where it takes long: for one frame, not for a stream of frames.</param>
    public static IEnumerable<string> Find(ReadOnlyMemory<byte> frame, TokenSettings settings, bool isThorough) =>
        settings.Keyring.Scheme == TokenScheme.HmacSha256 ? Hmac(frame.ToArray(), settings) : Digest(frame, settings, isThorough);

    private static IEnumerable<string> Hmac(byte[] frame, TokenSettings settings)
    {
        var text = TokenForm.TextOf(frame);
        var token = text[(text.IndexOf('.', StringComparison.Ordinal) + 1)..];
        var inputs = InputMistakes.Inputs(frame).ToList();
        foreach (var (key, keyMistake) in settings.Secrets.SelectMany(SecretMistakes.Keys))
        {
            foreach (var (input, inputMistake) in inputs)
            {
                if (Base64Url.EncodeToString(HMACSHA256.HashData(key, input)) != token) continue;
                return [string.Join(", and ", new[] { inputMistake, keyMistake }.Where(m => m.Length > 0))];
            }
        }

        return [];
    }

    private static IEnumerable<string> Digest(ReadOnlyMemory<byte> frame, TokenSettings settings, bool isThorough)
    {
        foreach (var (secret, mistake) in settings.Secrets.SelectMany(SecretMistakes.Keys))
        {
            if (mistake.Length == 0 || TextOf(secret) is not { Length: > 0 } text) continue;
            var wrong = settings with { Keyring = settings.Keyring with { Secrets = [new TokenSecret("k1", text)] } };
            if (TokenDiagnosis.Verify(frame, wrong, TokenRole.Gateway, 0).Outcome != TokenOutcome.Mismatch) return [mistake];
        }

        if (!isThorough || DigestOrders.Find(frame, settings) is not { } recipe) return [];
        return [$"it verifies with --digest-recipe {recipe}: the encoder hashes other fields, or another order; set Gateway:Tokens:Digest:Recipe to it"];
    }

    private static string? TextOf(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            // A secret of this scheme is text; these bytes are none.
            return null;
        }
    }
}
