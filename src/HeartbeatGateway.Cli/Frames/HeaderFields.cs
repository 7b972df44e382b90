using System.Text;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Explains the three text fields of a header, as far as they are present.</summary>
internal static class HeaderFields
{
    public static void Explain(
        ReadOnlySpan<byte> header, int at, ExplainSettings settings, List<ExplainedField> fields, List<Finding> findings, out string type)
    {
        type = "";
        if (FieldAt(header, FrameFormat.TypeOffset) is { IsEmpty: false } typeField)
        {
            type = Encoding.UTF8.GetString(FrameFormat.Trim(typeField));
            fields.Add(Text("type", at + FrameFormat.TypeOffset, typeField));
            findings.AddRange(TypeCheck.Find(typeField, at + FrameFormat.TypeOffset));
        }

        if (FieldAt(header, FrameFormat.TokenOffset) is { IsEmpty: false } token) fields.Add(Text("token", at + FrameFormat.TokenOffset, token));
        if (FieldAt(header, FrameFormat.CreatedOffset) is { IsEmpty: false } created)
        {
            fields.Add(Text("created", at + FrameFormat.CreatedOffset, created));
            if (created.Length == FrameFormat.FieldLength) findings.AddRange(DateCheck.Find(created, at + FrameFormat.CreatedOffset, settings));
        }
    }

    private static ReadOnlySpan<byte> FieldAt(ReadOnlySpan<byte> header, int offset) =>
        header.Length <= offset ? default : header.Slice(offset, Math.Min(FrameFormat.FieldLength, header.Length - offset));

    private static ExplainedField Text(string name, int offset, ReadOnlySpan<byte> field)
    {
        var text = FrameFormat.Trim(field);
        var shown = text.IsEmpty ? "empty" : $"\"{Printable.From(Encoding.UTF8.GetString(text))}\"";
        return new ExplainedField(name, offset, field.Length, field.Length < FrameFormat.FieldLength ? $"{shown}, truncated" : shown);
    }
}
