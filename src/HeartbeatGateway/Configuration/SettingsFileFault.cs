using System.Text.Json;
using System.Text.RegularExpressions;

namespace HeartbeatGateway.Configuration;

/// <summary>Why a settings file cannot be read: the file, the line, and what is wrong there.</summary>
/// <param name="Place">The file, and the line where it is known.</param>
/// <param name="Reason">What is wrong, without the file's content: it may be a secret.</param>
internal sealed partial record SettingsFileFault(string Place, string Reason)
{
    /// <summary>Reads the exception that the configuration throws for a file.</summary>
    public static SettingsFileFault From(Exception failure)
    {
        var file = QuotedPath().Match(failure.Message) is { Success: true } match ? match.Groups["path"].Value : null;
        for (var inner = failure.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is JsonException json) return FromJson(file, json);
        }

        if (file is null) return new SettingsFileFault("a settings file", $"{failure.Message} {failure.InnerException?.Message}".TrimEnd());
        var reason = failure.InnerException?.Message ?? failure.Message;
        // "A duplicate key 'Gateway:Frames:Resync' was found."
        var line = DuplicateKey().Match(reason) is { Success: true } duplicate ? JsonSettingLines.Find(file, duplicate.Groups["key"].Value, occurrence: 2) : null;
        return new SettingsFileFault(Located(file, line), reason);
    }

    public override string ToString() => $"{Place} cannot be read: {Reason}";

    private static SettingsFileFault FromJson(string? file, JsonException json)
    {
        // The message ends with " Path: … | LineNumber: 3 | BytePositionInLine: 4."; both numbers count from 0.
        var reason = Positions().Replace(json.Message, "");
        // The quoted text of the file may be a piece of a secret; a single character is not.
        reason = QuotedText().Replace(reason, "a text without quotes");
        var column = json.BytePositionInLine is { } position ? $", column {position + 1}" : "";
        return new SettingsFileFault(Located(file ?? "a settings file", json.LineNumber + 1) + column, $"it is not valid JSON: {reason}");
    }

    private static string Located(string file, long? line) => line is null ? file : $"{file}, line {line}";

    [GeneratedRegex("'(?<path>.+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QuotedPath();

    [GeneratedRegex("uplicate key '(?<key>.+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DuplicateKey();

    [GeneratedRegex(@"( Path: .*?\|)? LineNumber: .*$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Positions();

    [GeneratedRegex("^'.{2,}?'(?= is )", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QuotedText();
}
