using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Writes the explanation as text.</summary>
internal static class ExplainText
{
    private const int NameWidth = 8;
    private const int TokenWidth = 5;

    public static async Task WriteAsync(TextWriter output, ReadOnlyMemory<byte> input, IReadOnlyList<ExplainedPart> parts)
    {
        var frames = 0;
        foreach (var part in parts)
        {
            if (part.Offset > 0) await output.WriteLineAsync();
            await output.WriteLineAsync(part.IsFrame
                ? $"Frame {++frames} at offset {FrameExplainer.Hex(part.Offset)}: {(part.Type.Length == 0 ? "no type" : part.Type)}, "
                    + $"{Plural.Of(part.Length, "byte")}{(part.IsComplete ? "" : ", incomplete")}"
                : $"Not a frame at offset {FrameExplainer.Hex(part.Offset)}: {Plural.Of(part.Length, "byte")}");
            foreach (var line in Lines(input.Span, part)) await output.WriteLineAsync(line);
        }

        if (parts.Count > 0) await output.WriteLineAsync();
        await output.WriteLineAsync(Summary(parts));
    }

    /// <summary>The fields and findings of one part, indented.</summary>
    public static List<string> Lines(ReadOnlySpan<byte> input, ExplainedPart part)
    {
        var lines = new List<string>();
        foreach (var field in part.Fields) lines.Add($"  {field.Offset:x4}  {field.Name,-NameWidth} {Hex(input, field)}  {field.Value}");
        foreach (var finding in part.Findings) Add(lines, input, finding);
        return lines;
    }

    private static void Add(List<string> lines, ReadOnlySpan<byte> input, Finding finding)
    {
        var word = finding.Severity switch { Severity.Ok => "ok", Severity.Note => "note", _ => "WRONG" };
        var place = finding is { Severity: Severity.Wrong, Offset: { } offset } ? $" at {FrameExplainer.Hex(offset)}" : "";
        lines.Add($"  {word,-TokenWidth} {finding.Check}{place}: {finding.Text}");
        if (finding is { Severity: Severity.Wrong, Offset: { } wrong } && !input.IsEmpty)
        {
            // An offset after the last byte has no line of its own; the last line is shown, with a caret after its last byte if there is room.
            var row = DumpRow.At(input, Math.Min(wrong, input.Length - 1));
            lines.Add($"        {row.Text}");
            if (wrong < row.Offset + DumpRow.Width) lines.Add($"        {row.Carets(wrong, Math.Min(finding.Count, Math.Max(input.Length - wrong, 1)))}");
        }

        lines.AddRange(finding.Hints.Select(hint => $"        {hint}"));
    }

    private static string Hex(ReadOnlySpan<byte> input, ExplainedField field)
    {
        const int Shown = 8;
        var bytes = input.Slice(field.Offset, field.Length);
        var hex = string.Join(' ', bytes[..Math.Min(Shown, bytes.Length)].ToArray().Select(b => $"{b:x2}"));
        return (bytes.Length > Shown ? $"{hex} …" : hex).PadRight((Shown * 3) + 1);
    }

    private static string Summary(IReadOnlyList<ExplainedPart> parts)
    {
        var frames = parts.Count(p => p.IsFrame);
        var stray = parts.Where(p => !p.IsFrame).Sum(p => p.Length);
        var wrong = parts.Count(p => p is { IsFrame: true, IsValid: false });
        var text = Plural.Of(frames, "frame");
        if (wrong > 0) text += $", {wrong} not valid";
        if (stray > 0) text += $", {Plural.Of(stray, "stray byte")}";
        return wrong == 0 && stray == 0 ? $"{text}, valid" : text;
    }
}
