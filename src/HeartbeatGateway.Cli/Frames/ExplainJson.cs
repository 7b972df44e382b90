using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Writes the explanation as JSON: one object per line for each frame or sequence of stray bytes.</summary>
internal static class ExplainJson
{
    public static async Task WriteAsync(TextWriter output, ReadOnlyMemory<byte> input, IReadOnlyList<ExplainedPart> parts)
    {
        foreach (var part in parts) await Json.WriteLineAsync(output, Of(input, part));
    }

    /// <summary>One part as an object for JSON.</summary>
    public static object Of(ReadOnlyMemory<byte> input, ExplainedPart part) => new
    {
        kind = part.IsFrame ? "frame" : "stray",
        part.Offset,
        part.Length,
        valid = part.IsValid,
        complete = part.IsFrame ? part.IsComplete : (bool?)null,
        type = part.IsFrame ? part.Type : null,
        token = Field(part, "token", input),
        created = Field(part, "created", input),
        contentBase64 = Content(part, input),
        fields = part.Fields,
        findings = part.Findings.Select(f => new
        {
            f.Severity,
            f.Check,
            f.Text,
            f.Offset,
            count = f.Offset is null ? (int?)null : f.Count,
            hints = f.Hints.Count == 0 ? null : f.Hints,
        }),
    };

    private static string? Field(ExplainedPart part, string name, ReadOnlyMemory<byte> input) => part.Fields.FirstOrDefault(f => f.Name == name) is { } field
        ? System.Text.Encoding.UTF8.GetString(FrameFormat.Trim(input.Span.Slice(field.Offset, field.Length)))
        : null;

    private static string? Content(ExplainedPart part, ReadOnlyMemory<byte> input) =>
        part.Fields.FirstOrDefault(f => f.Name == "content") is { } field ? Convert.ToBase64String(input.Span.Slice(field.Offset, field.Length)) : null;
}
