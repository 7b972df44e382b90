using System.Collections.Immutable;
using System.Text;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Server.Options;

/// <summary>The secret of a configured key, from its text or its file. No message shows a part of it.</summary>
internal static class ConfiguredSecret
{
    /// <summary>Secrets of the documentation's examples. Any reader can make valid tokens with them.</summary>
    private static readonly string[] Published = ["sixteen-bytes-or-more", "sixteen-byte-key"];

    /// <summary>Reads the secret of a key.</summary>
    /// <param name="key">The options of the key.</param>
    /// <param name="name">The key of these options, <c>Gateway:Tokens:Keys:0</c>.</param>
    /// <param name="errors">Gets one sentence when there is no usable secret.</param>
    /// <param name="secret">The secret, of any length.</param>
    public static bool TryRead(TokenKeyOptions key, string name, ICollection<string> errors, out string secret)
    {
        secret = key.Secret ?? "";
        var error = string.IsNullOrEmpty(key.SecretFile) ? TextFault(secret, name)
            : secret.Length > 0 ? $"{name} has both a Secret and a SecretFile, but must have one of them."
            : TryReadFile(key.SecretFile, out secret, out _, out var fault) ? null : $"{name}:SecretFile {fault}";
        if (error is not null) errors.Add(error);
        return error is null;
    }

    /// <summary>What is probably a mistake in a valid secret, one sentence for each.</summary>
    public static IEnumerable<string> FindWarnings(TokenKeyOptions key, string name)
    {
        if (!TryRead(key, name, [], out var secret)) return [];
        var isFile = !string.IsNullOrEmpty(key.SecretFile);
        var source = isFile ? $"{name}:SecretFile '{key.SecretFile}'" : $"{name}:Secret";
        var warnings = isFile && TryReadFile(key.SecretFile!, out _, out var found, out _) ? found : TextWarnings(secret);
        var sentences = warnings.Select(warning => $"{source} {warning}.");
        return Published.Contains(secret, StringComparer.Ordinal)
            ? sentences.Append($"{source} holds a secret of the documentation's examples, with which any reader can make valid tokens; replace it before this gateway is reachable from other machines.")
            : sentences;
    }

    private static string? TextFault(string secret, string name)
    {
        if (secret.Length == 0) return $"{name}:Secret is missing: give a secret there or, as a file, in {name}:SecretFile.";
        // Decoders replace all bytes that are not UTF-8 by this character. Different secrets would become the same.
        return secret.EnumerateRunes().Contains(Rune.ReplacementChar)
            ? $"{name}:Secret holds bytes that are not UTF-8, or the character U+FFFD that replaces them: give random bytes as hex or base64 text."
            : null;
    }

    private static ImmutableArray<string> TextWarnings(string secret)
    {
        if (secret[^1] is '\n' or '\r') return ["ends with a line end, which is part of the secret"];
        // The mark and the newline are removed again, so that the text is checked as it is.
        SecretFile.TryRead(Encoding.UTF8.GetBytes($"\uFEFF{secret}\n"), out _, out var warnings, out _);
        return warnings;
    }

    private static bool TryReadFile(string path, out string secret, out ImmutableArray<string> warnings, out string? fault)
    {
        (secret, warnings) = ("", []);
        try
        {
            if (!SecretFile.TryRead(ReadBytes(path), out secret, out var found, out var error)) fault = $"'{path}' {error}.";
            else (warnings, fault) = (found, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            fault = MayBeSecret(path)
                ? $"cannot be read: {Reason(e)}. Give the full path of a file; a secret itself belongs in Secret. The value is not shown, since it may be a secret."
                : $"'{path}' cannot be read: {e.Message}";
        }

        return fault is null;
    }

    /// <summary>At most one byte more than a secret file can have: the path may be a device without an end.</summary>
    private static byte[] ReadBytes(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[SecretFile.MaxBytes + 1];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    /// <summary>True for a value that may be a secret under the wrong key: no full path, or none in an existing folder and with a part that looks random.</summary>
    private static bool MayBeSecret(string path)
    {
        if (!Path.IsPathFullyQualified(path)) return true;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return !(parts.Length > 1 && Directory.Exists("/" + parts[0])) && Array.Exists(parts, LooksRandom);
    }

    private static bool LooksRandom(string part) =>
        part.Length >= TokenSecret.MinSecretBytes && part.Any(char.IsAsciiDigit) && (part.All(char.IsAsciiHexDigit) || (part.Any(char.IsAsciiLetterUpper) && part.Any(char.IsAsciiLetterLower)));

    /// <summary>The system's reason without the path that its message contains.</summary>
    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => "access is denied",
        _ => "the system cannot open it as a file",
    };
}
