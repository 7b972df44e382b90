namespace HeartbeatGateway.Configuration;

/// <summary>Removes from URLs what may be a credential: user info, query and fragment. Paths stay, since they tell endpoints apart.</summary>
internal static class ShownUrl
{
    private static readonly char[] Separators = [';', ',', ' '];

    /// <returns>The text, each URL in it without those parts. Null when a part that may be a credential cannot be told from the rest.</returns>
    public static string? Redact(string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal)) return text.Contains('@', StringComparison.Ordinal) ? null : text;
        var pieces = text.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        // A separator within a query or fragment: what follows it may be the rest of a credential.
        if (Array.Exists(pieces, static p => p.AsSpan().ContainsAny("?#")) && Array.Exists(pieces, static p => !p.Contains("://", StringComparison.Ordinal))) return null;
        var parts = pieces.Select(RedactOne).ToList();
        return parts.Contains(null) ? null : string.Join("; ", parts);
    }

    private static string? RedactOne(string url)
    {
        if (Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Host.Length > 0)
        {
            // An @ that ends no user info may end a password with a character that should have been escaped.
            if (parsed.UserInfo.Length == 0 && url.Contains('@', StringComparison.Ordinal)) return null;
            return parsed.GetComponents(parsed.AbsolutePath == "/" ? UriComponents.SchemeAndServer : UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        }

        // Such as http://*:8080, which is no URL and may stand in ASPNETCORE_URLS.
        return url.AsSpan().ContainsAny("@?#") ? null : url;
    }
}
