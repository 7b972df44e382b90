using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>Writes JSON: camelCase names, no null values, and one object per line where there are several.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions Lines = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // The output goes to files and scripts, not into web pages; control characters stay escaped.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private static readonly JsonSerializerOptions Pages = new(Lines) { WriteIndented = true };

    /// <summary>One object without a line end.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Lines);

    /// <summary>One object on one line.</summary>
    public static Task WriteLineAsync<T>(TextWriter output, T value) => output.WriteLineAsync(Line(value));

    /// <summary>One object over several lines.</summary>
    public static Task WritePageAsync<T>(TextWriter output, T value) => output.WriteLineAsync(JsonSerializer.Serialize(value, Pages).ReplaceLineEndings("\n"));
}
