using System.Globalization;
using System.Text.Json;

namespace HeartbeatGateway.Configuration;

/// <summary>Finds the lines of settings in a JSON file. Reads comments and trailing commas as the configuration reader does.</summary>
internal static class JsonSettingLines
{
    private static readonly JsonReaderOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The line of a setting or section, counted from 1; null when the file cannot be read or does not hold it.</summary>
    /// <param name="file">The path of the file.</param>
    /// <param name="key">A key such as <c>Gateway:Frames:Resync</c>; case is ignored.</param>
    public static int? Find(string file, string key)
    {
        try
        {
            return Read(File.ReadAllBytes(file)).Where(l => l.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Select(l => (int?)l.Line).FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // The line is a help to the reader of another error, which is reported in any case.
            return null;
        }
    }

    /// <summary>The lines of all settings and sections in a text, counted from 1.</summary>
    /// <param name="json">Valid JSON.</param>
    public static IReadOnlyDictionary<string, int> Of(ReadOnlySpan<byte> json) =>
        Read(json).DistinctBy(l => l.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(l => l.Key, l => l.Line, StringComparer.OrdinalIgnoreCase);

    /// <summary>Where a duplicate key is, as " in line 7"; an empty text when that cannot be found.</summary>
    /// <param name="json">The content of the file.</param>
    /// <param name="message">The message of the configuration reader, which has the key between apostrophes.</param>
    public static string OfDuplicate(ReadOnlySpan<byte> json, string message)
    {
        if (message.Split('\'') is not [_, var key, _]) return "";
        try
        {
            var lines = Read(json).Where(l => l.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Select(l => l.Line).ToList();
            return lines.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" in line {lines[1]}") : "";
        }
        catch (JsonException)
        {
            // As above.
            return "";
        }
    }

    private static List<(string Key, int Line)> Read(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json[3..];
        var reader = new Utf8JsonReader(json, Options);
        var found = new List<(string, int)>();
        // One entry for each open object or array: its path, and the index of its next item when it is an array.
        var open = new Stack<(string Path, int? Next)>();
        var path = "";
        var (line, counted) = (1, 0);
        while (reader.Read())
        {
            var at = (int)reader.TokenStartIndex;
            line += json[counted..at].Count((byte)'\n');
            counted = at;
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                open.Pop();
                continue;
            }

            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                path = Join(open.Peek().Path, reader.GetString()!);
                found.Add((path, line));
                continue;
            }

            if (open.TryPeek(out var parent) && parent.Next is { } index)
            {
                path = Join(parent.Path, $"{index}");
                found.Add((path, line));
                open.Pop();
                open.Push((parent.Path, index + 1));
            }

            if (reader.TokenType == JsonTokenType.StartObject) open.Push((path, null));
            if (reader.TokenType == JsonTokenType.StartArray) open.Push((path, 0));
        }

        return found;
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}:{name}";
}
