using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Api;

/// <summary>Text of a caller in answers: escaped and bounded.</summary>
internal static class ApiText
{
    private const int MaxChars = 100;
    private const int MaxListed = 10;

    public static string Quote(string value) => PrintableText.From(value, MaxChars);

    /// <summary>The first ten ids, and how many more there are.</summary>
    public static string List(IReadOnlyList<string> ids) => string.Join(", ", ids.Take(MaxListed)) + (ids.Count > MaxListed ? $" and {ids.Count - MaxListed} more" : "");
}
