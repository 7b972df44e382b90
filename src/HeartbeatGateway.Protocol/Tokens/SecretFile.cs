using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>
/// The content of a secret file as text. Gateway and hbg read secret files with this rule, so that one file gives both of them the same
/// key. The messages never show a part of the secret.
/// </summary>
public static class SecretFile
{
    /// <summary>The largest content that a secret file can have, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// Reads the content of a secret file. One UTF-8 byte order mark at the start and one newline (LF or CRLF) at the end are removed; all
    /// other bytes belong to the secret. Bytes that are not UTF-8 are refused: a decoder would replace all of them by the same character,
    /// and different files would become the same secret. The length of the secret is not checked.
    /// </summary>
    /// <param name="content">All bytes of the file.</param>
    /// <param name="text">The secret; empty on failure.</param>
    /// <param name="warnings">
    /// What is probably a mistake in a secret that is valid, for example a blank at its end. Each one continues a sentence that begins with
    /// the name of the file: <c>ends with a blank; …</c>.
    /// </param>
    /// <param name="error">Why the content is refused, and what to do; continues a sentence in the same way. Null on success.</param>
    /// <returns>True when the content is text.</returns>
    public static bool TryRead(ReadOnlySpan<byte> content, out string text, out ImmutableArray<string> warnings, out string? error)
    {
        text = "";
        warnings = [];
        error = Fault(content);
        if (error is not null) return false;

        var bytes = content.StartsWith(ByteOrderMark) ? content[ByteOrderMark.Length..] : content;
        text = WithoutNewline(Encoding.UTF8.GetString(bytes));
        warnings = Warnings(text);
        return true;
    }

    private static string? Fault(ReadOnlySpan<byte> content)
    {
        if (content.Length > MaxBytes) return $"has {content.Length} bytes, but a secret file has at most {MaxBytes}";
        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || content.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return "is UTF-16, but must be UTF-8; save it as UTF-8";
        }

        for (var at = 0; at < content.Length;)
        {
            if (Rune.DecodeFromUtf8(content[at..], out _, out var length) != OperationStatus.Done)
            {
                return $"is not UTF-8: the byte at offset {at} is not valid; save it as UTF-8, and write random bytes as hex or base64 text";
            }

            at += length;
        }

        return content.Contains((byte)0)
            ? "contains a NUL byte, which is not text: the file is UTF-16 or binary; save it as UTF-8, and write random bytes as hex or base64 text"
            : null;
    }

    private static string WithoutNewline(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    private static ImmutableArray<string> Warnings(string text)
    {
        if (text.Length == 0) return [];
        var warnings = ImmutableArray.CreateBuilder<string>();
        const string Part = "which is part of the secret";
        if (text[^1] is '\n' or '\r') warnings.Add("ends with more than one line end; only one is ignored, the rest is part of the secret");
        else if (text.AsSpan().ContainsAny('\n', '\r')) warnings.Add("has several lines; all of them, with their line ends, are the secret");
        if (text[^1] is not ('\n' or '\r') && char.IsWhiteSpace(text[^1])) warnings.Add($"ends with a blank, {Part}");
        if (char.IsWhiteSpace(text[0])) warnings.Add($"begins with {(text[0] is '\n' or '\r' ? "an empty line" : "a blank")}, {Part}");
        if (text.Contains('\uFEFF', StringComparison.Ordinal)) warnings.Add($"contains a byte order mark after its start, {Part}");
        if (IsQuoted(text.AsSpan().Trim())) warnings.Add("has quotes around the secret, which are part of the secret");
        return warnings.ToImmutable();
    }

    private static bool IsQuoted(ReadOnlySpan<char> text) => text.Length > 1 && text[0] is '"' or '\'' or '`' && text[^1] == text[0];
}
