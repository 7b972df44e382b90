using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Shows content as readable text.</summary>
internal static class ContentText
{
    private const int MaxChars = 200;
    private const int MaxHexBytes = 32;

    /// <summary>The content as text in quotes, or its first bytes in hex.</summary>
    public static string Describe(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty) return "none";
        if (Printable.TextOf(content) is { } text) return $"\"{Printable.From(text, MaxChars)}\"";
        var shown = content[..Math.Min(content.Length, MaxHexBytes)];
        return Convert.ToHexStringLower(shown) + (shown.Length < content.Length ? "…" : "") + " (not text)";
    }
}
