using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Bans;

namespace HeartbeatGateway.Bans;

/// <summary>Bans as the text of a file. Messages of errors continue a sentence that begins with the file's path.</summary>
internal static class BanFileFormat
{
    /// <summary>The longest comment, in characters.</summary>
    public const int MaxCommentChars = 200;

    /// <summary>Who made a ban of which the file does not say it.</summary>
    public const string DefaultCreator = "(file)";

    private const string Kinds = "\"client\", \"address\" or \"key\"";
    private const string NoList = "line 1: it must be an object with the list \"bans\"";

    // Not for a page of HTML, so comments stay readable in other scripts than Latin.
    private static readonly BanFileJson Json = new(
        new JsonSerializerOptions(BanFileJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static byte[] Write(IEnumerable<Ban> bans)
    {
        var entries = bans.Select(b => new BanFileEntry
        {
            Id = b.Id,
            Kind = b.Kind.ToName(),
            Value = b.Value,
            Comment = b.Comment,
            CreatedAt = b.CreatedAt,
            CreatedBy = b.CreatedBy,
            ExpiresAt = b.ExpiresAt,
            IsAutomatic = b.IsAutomatic,
        });
        return [.. JsonSerializer.SerializeToUtf8Bytes(new BanFileContent { Bans = [.. entries] }, Json.BanFileContent), (byte)'\n'];
    }

    /// <param name="bytes">The content of the file.</param>
    /// <param name="now">When a ban was made of which the file does not say it.</param>
    /// <exception cref="FormatException">The content is not usable.</exception>
    public static IReadOnlyList<Ban> Read(byte[] bytes, DateTimeOffset now)
    {
        var json = WithoutMark(bytes);
        if (!Utf8.IsValid(json)) throw new FormatException("it is not UTF-8");
        BanFileContent content;
        try
        {
            content = JsonSerializer.Deserialize(json, Json.BanFileContent) ?? throw new FormatException(NoList);
        }
        catch (JsonException e)
        {
            throw new FormatException($"line {(e.LineNumber ?? 0) + 1}: {ReasonOf(e)}", e);
        }

        if (content.Bans is not { } entries) throw new FormatException(NoList);
        if (entries.Count > Ban.MaxCount) throw new FormatException($"it holds {entries.Count} bans, but may hold {Ban.MaxCount}");
        var lines = new Lazy<IReadOnlyDictionary<string, int>>(() => JsonSettingLines.Of(json));
        var bans = new Dictionary<string, Ban>(StringComparer.Ordinal);
        for (var i = 0; i < entries.Count; i++)
        {
            var ban = Read(entries[i], now, out var field, out var fault);
            if (ban is null) throw new FormatException($"line {LineOf(i, field)}: {fault}");
            if (!bans.TryAdd(ban.Id, ban)) throw new FormatException($"line {LineOf(i, "")}: the {ban.Kind.ToName()} '{ban.Value}' is in the list twice");
        }

        return [.. bans.Values];

        int LineOf(int index, string field) =>
            lines.Value.TryGetValue($"bans:{index}{field}", out var line) ? line : lines.Value.GetValueOrDefault($"bans:{index}", 1);
    }

    private static Ban? Read(BanFileEntry? entry, DateTimeOffset now, out string field, out string? fault)
    {
        (field, fault) = ("", null);
        var kind = BanNames.Find(entry?.Kind);
        if (entry is null) fault = "null is no ban";
        else if (entry.Value is null) fault = "the ban has no \"value\"";
        else if (entry.Kind is null) fault = $"the ban has no \"kind\", which must be {Kinds}";
        else if (kind is null) (field, fault) = (":kind", $"\"kind\" must be {Kinds}");
        if (fault is not null) return null;
        if (!Ban.TryCreate(kind!.Value, entry!.Value!, out var ban, out fault))
        {
            field = ":value";
            fault = fault.TrimEnd('.');
            return null;
        }

        if (!IsComment(entry.Comment))
        {
            (field, fault) = (":comment", $"\"comment\" may have {MaxCommentChars} characters and no control characters");
            return null;
        }

        return ban with
        {
            Comment = entry.Comment,
            CreatedAt = entry.CreatedAt ?? now,
            CreatedBy = entry.CreatedBy ?? DefaultCreator,
            ExpiresAt = entry.ExpiresAt,
            IsAutomatic = entry.IsAutomatic,
        };
    }

    /// <summary>True for a comment that can be kept.</summary>
    public static bool IsComment(string? comment) => comment is null || (comment.Length <= MaxCommentChars && !comment.Any(char.IsControl));

    private static byte[] WithoutMark(byte[] bytes) => bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;

    /// <summary>The message without its position, which is given as a line, and without names of types.</summary>
    private static string ReasonOf(JsonException e)
    {
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal)) return $"{e.Message.Split('\'').ElementAtOrDefault(1)} is not a known field";
        if (e.Message.Contains("could not be converted", StringComparison.Ordinal)) return $"{e.Path} has a value of the wrong type";
        if (e.Message.StartsWith("Duplicate property", StringComparison.Ordinal)) return $"{e.Message.Split('\'').ElementAtOrDefault(1)} stands twice";
        var end = e.Message.IndexOf(" Path:", StringComparison.Ordinal);
        if (end < 0) end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.', ' ', '|');
    }
}
