using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace HeartbeatGateway.Protocol;

/// <summary>Reads and writes the parts that the JSON payloads of the frames share.</summary>
internal static class PayloadJson
{
    // The protocol nests at most a list inside an object, so 8 leaves room for unknown fields.
    private const int MaxDepth = 8;

    public static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    public static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset time) =>
        json.WriteString(name, time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    public static void WriteFeatures(Utf8JsonWriter json, ImmutableArray<string> features)
    {
        json.WriteStartArray("features");
        foreach (var feature in features) json.WriteStringValue(feature);
        json.WriteEndArray();
    }

    /// <summary>
    /// Parses one JSON object whose property names are valid text. Returns false for all other content: the content comes from the
    /// peer, so invalid JSON must not throw.
    /// </summary>
    public static bool TryParseObject(in ReadOnlySequence<byte> content, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        JsonDocument parsed;
        try
        {
            parsed = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            return false;
        }

        if (parsed.RootElement.ValueKind == JsonValueKind.Object && HasReadableNames(parsed.RootElement))
        {
            document = parsed;
            return true;
        }

        parsed.Dispose();
        return false;
    }

    /// <summary>The value of a string property; null when the property is absent or is not a string.</summary>
    public static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? Text(value) : null;

    /// <summary>The property <c>features</c>; null when it is absent or is not a list of strings.</summary>
    public static ImmutableArray<string>? ReadFeatures(JsonElement element)
    {
        if (!element.TryGetProperty("features", out var list) || list.ValueKind != JsonValueKind.Array) return null;
        var features = list.EnumerateArray().Select(Text).ToArray();
        return features.Contains(null) ? null : [.. features!];
    }

    /// <summary>The value of a property in seconds, from 0 to one day; null when the property is absent or holds any other value.</summary>
    public static TimeSpan? Seconds(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and <= 86_400
            ? Duration(seconds)
            : null;

    /// <summary>Rounds to the nearest 100 ns. Truncation would turn 11.26 s into 11.2599999 s.</summary>
    public static TimeSpan Duration(double seconds) => TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));

    public static DateTimeOffset? Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && Text(value) is not null && value.TryGetDateTimeOffset(out var time) ? time : null;

    public static bool? Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;

    private static bool HasReadableNames(JsonElement element)
    {
        try
        {
            return element.EnumerateObject().All(property => property.Name is not null);
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair is valid JSON, but not valid text.
            return false;
        }
    }

    private static string? Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
