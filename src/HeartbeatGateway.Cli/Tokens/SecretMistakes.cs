using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Keys that an encoder makes from a secret by mistake.</summary>
internal static class SecretMistakes
{
    private static ReadOnlySpan<byte> Outbound => "heartbeatgateway outbound"u8;

    /// <summary>The right key of each direction first, then wrong keys with the mistake that gives them.</summary>
    public static IEnumerable<(byte[] Key, string Mistake)> Keys(string secret)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        yield return (plain, "");
        yield return (HMACSHA256.HashData(plain, Outbound), "");
        foreach (var (ending, name) in ((string, string)[])
            [("\n", "newline"), ("\r\n", "CRLF line end"), ("\r", "carriage return"), (" ", "blank"), ("\t", "tab"), ("\0", "NUL")])
        {
            yield return (Encoding.UTF8.GetBytes(secret + ending), $"the encoder used the secret with a trailing {name}: strip it after reading the secret");
        }

        yield return ([0xEF, 0xBB, 0xBF, .. plain], "the encoder used the secret with a byte order mark before it: strip it after reading the file");
        yield return (Encoding.UTF8.GetBytes(secret.Trim()), "the encoder trimmed white space around the secret; the key is the whole text");
        yield return (Encoding.UTF8.GetBytes(secret.Trim('"', '\'')), "the encoder removed the quotes around the secret; the key is the whole text");
        yield return (Encoding.UTF8.GetBytes($"\"{secret}\""), "the encoder used the secret with quotes around it; remove them");
        yield return (Encoding.Unicode.GetBytes(secret), "the encoder used the secret as UTF-16; the key is the text as UTF-8");
        foreach (var decoded in Decoded(secret)) yield return decoded;
        yield return (Encoding.UTF8.GetBytes(Convert.ToHexStringLower(plain)), "the encoder used the secret in hex; the key is the text itself");
        yield return (Encoding.UTF8.GetBytes(Convert.ToHexString(plain)), "the encoder used the secret in upper-case hex; the key is the text itself");
        yield return (Encoding.UTF8.GetBytes(Convert.ToBase64String(plain)), "the encoder used the secret in base64; the key is the text itself");
        yield return (Encoding.UTF8.GetBytes(Base64Url.EncodeToString(plain)), "the encoder used the secret in base64url; the key is the text itself");
        yield return (SHA256.HashData(plain), "the encoder used the SHA256 of the secret as the key; the key is the text itself");
    }

    private static IEnumerable<(byte[] Key, string Mistake)> Decoded(string secret)
    {
        if (secret.Length % 2 == 0 && secret.All(char.IsAsciiHexDigit))
        {
            yield return (Convert.FromHexString(secret), "the encoder decoded the secret as hex; the key is the text itself");
        }

        var bytes = new byte[secret.Length];
        if (Convert.TryFromBase64String(secret, bytes, out var count))
        {
            yield return (bytes[..count], "the encoder decoded the secret as base64; the key is the text itself");
        }

        if (Base64Url.IsValid(secret) && Base64Url.TryDecodeFromChars(secret, bytes, out count))
        {
            yield return (bytes[..count], "the encoder decoded the secret as base64url; the key is the text itself");
        }
    }
}
