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
            var json = File.ReadAllBytes(file);
            var lines = Read(json.AsSpan().StartsWith("\uFEFF"u8) ? json.AsSpan(3) : json);
            return lines.Where(l => l.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Select(l => (int?)l.Line).FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // The line is a help to the reader of another error, which is reported in any case.
            return null;
        }
    }

    private static List<(string Key, int Line)> Read(ReadOnlySpan<byte> json)
    {
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
