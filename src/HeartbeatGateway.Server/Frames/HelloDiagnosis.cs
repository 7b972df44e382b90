using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Says why content that resembles a hello is none. Content that does not resemble one is an ordinary message.</summary>
internal static class HelloDiagnosis
{
    /// <summary>Larger content is not examined: hellos have a few hundred bytes.</summary>
    public const int MaxBytes = ClaimedClientId.MaxSearchedBytes;

    private const int MaxDepth = 8;

    /// <summary>Deep enough for any text of <see cref="MaxBytes"/>.</summary>
    private const int AnyDepth = MaxBytes;

    /// <param name="content">The content of a frame that is no hello by the rules of the protocol.</param>
    /// <returns>The first flaw; null when the content does not resemble a hello.</returns>
    public static HelloFlaw? Find(in ReadOnlySequence<byte> content)
    {
        if (content.IsEmpty || content.Length > MaxBytes) return null;
        var bytes = content.ToArray().AsSpan();
        var mentions = HelloKeys.Mentions(bytes);
        if (bytes.StartsWith("\uFEFF"u8)) return mentions ? HelloFlaw.ByteOrderMark : null;
        if (TryParse(bytes, new JsonDocumentOptions { MaxDepth = MaxDepth }, out var document))
        {
            using (document) return OfValid(document.RootElement, mentions);
        }

        return mentions ? OfInvalid(bytes) : null;
    }

    /// <summary>What to correct, for the developer of the client.</summary>
    public static string Advice(HelloFlaw flaw) => flaw switch
    {
        HelloFlaw.ByteOrderMark => "the content begins with a byte order mark; write UTF-8 without one",
        HelloFlaw.WrongEncoding => "the content is not UTF-8",
        HelloFlaw.TrailingComma => "a comma stands after the last field or item; JSON does not allow that",
        HelloFlaw.Comment => "the content contains a comment; JSON does not allow that",
        HelloFlaw.TrailingBytes => "bytes follow the JSON object, for instance a NUL; the length of the frame must end with the object",
        HelloFlaw.Incomplete => "the JSON object is not complete; the length of the frame is too small, or the text was cut",
        HelloFlaw.TooDeep => $"the JSON nests deeper than {MaxDepth} levels",
        HelloFlaw.InvalidJson => "the content is not valid JSON; names and texts need double quotes",
        HelloFlaw.NotObject => "the content is a JSON list or text; a hello is a JSON object",
        HelloFlaw.WrongKey => "the field must be spelt clientId",
        HelloFlaw.Nested => "the field clientId must stand in the outermost object",
        HelloFlaw.MissingClientId => "the field clientId is missing",
        HelloFlaw.WrongType => "the type of the frame must be hello, in lower case",
        _ => throw new ArgumentOutOfRangeException(nameof(flaw), flaw, "This flaw has no advice."),
    };

    private static HelloFlaw? OfValid(JsonElement root, bool mentions)
    {
        if (root.ValueKind != JsonValueKind.Object) return mentions && (root.ValueKind == JsonValueKind.String || HoldsObject(root)) ? HelloFlaw.NotObject : null;
        var (isClientId, isOther) = (false, false);
        try
        {
            foreach (var property in root.EnumerateObject())
            {
                var name = Encoding.UTF8.GetBytes(property.Name);
                isClientId |= HelloKeys.IsClientId(name);
                isOther |= HelloKeys.IsOtherField(name);
            }
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair in a name.
            return HelloFlaw.InvalidJson;
        }

        if (isClientId) return HelloFlaw.WrongKey;
        if (mentions && root.EnumerateObject().Any(p => p.Value.ValueKind == JsonValueKind.Object || HoldsObject(p.Value))) return HelloFlaw.Nested;
        return isOther ? HelloFlaw.MissingClientId : null;
    }

    private static bool HoldsObject(JsonElement element) => element.ValueKind == JsonValueKind.Array && element.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Object);

    private static HelloFlaw OfInvalid(ReadOnlySpan<byte> bytes)
    {
        if (bytes.TrimEnd((byte)0).Contains((byte)0) || !Utf8.IsValid(bytes)) return HelloFlaw.WrongEncoding;
        if (IsParsed(bytes, new JsonDocumentOptions { MaxDepth = AnyDepth })) return HelloFlaw.TooDeep;
        if (IsParsed(bytes, new JsonDocumentOptions { MaxDepth = AnyDepth, AllowTrailingCommas = true })) return HelloFlaw.TrailingComma;
        if (IsParsed(bytes, new JsonDocumentOptions { MaxDepth = AnyDepth, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip })) return HelloFlaw.Comment;
        return ReadPrefix(bytes);
    }

    /// <summary>Reads one JSON value from the start: bytes may follow it, or it may be cut.</summary>
    private static HelloFlaw ReadPrefix(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = AnyDepth }));
        try
        {
            if (!reader.Read() || reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return HelloFlaw.InvalidJson;
            return reader.TrySkip() ? HelloFlaw.TrailingBytes : HelloFlaw.Incomplete;
        }
        catch (JsonException)
        {
            return HelloFlaw.InvalidJson;
        }
    }

    private static bool IsParsed(ReadOnlySpan<byte> bytes, JsonDocumentOptions options)
    {
        if (!TryParse(bytes, options, out var document)) return false;
        document.Dispose();
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, JsonDocumentOptions options, [NotNullWhen(true)] out JsonDocument? document)
    {
        try
        {
            document = JsonDocument.Parse(bytes.ToArray(), options);
            return true;
        }
        catch (JsonException)
        {
            document = null;
            return false;
        }
    }
}
