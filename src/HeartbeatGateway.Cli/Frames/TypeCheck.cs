using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Checks the type of a frame.</summary>
internal static class TypeCheck
{
    public static IEnumerable<Finding> Find(ReadOnlySpan<byte> field, int offset)
    {
        var findings = new List<Finding>();
        var text = FrameFormat.Trim(field);
        if (InvalidUtf8(text) is { } invalid)
        {
            var at = field.IndexOfAnyExceptInRange((byte)0, (byte)0x20) + invalid;
            findings.Add(new Finding(Severity.Wrong, "type", $"the type is not UTF-8: byte {field[at]:x2} is not valid here", offset + at));
            return findings;
        }

        if (text.IsEmpty)
        {
            findings.Add(new Finding(Severity.Note, "type", "the type is empty; a gateway treats the frame as an application message", offset, field.Length));
        }
        else if (FrameKinds.Of(text) == FrameKind.Other && Lookalike(text) is { } known)
        {
            findings.Add(new Finding(
                Severity.Note, "type", $"types are compared byte for byte: this is an application message, not a '{known}'", offset, text.Length));
        }

        if (text.IndexOf((byte)0) is var nul and >= 0)
        {
            findings.Add(new Finding(
                Severity.Note,
                "type",
                "the type contains a NUL: the encoder did not clear the field before it wrote the type",
                offset + field.IndexOf(text) + nul));
        }

        return findings;
    }

    private static int? InvalidUtf8(ReadOnlySpan<byte> text)
    {
        for (var at = 0; at < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[at..], out _, out var consumed) != OperationStatus.Done) return at;
            at += consumed;
        }

        return null;
    }

    private static string? Lookalike(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)0);
        var name = Encoding.UTF8.GetString(end < 0 ? text : text[..end]).ToLowerInvariant();
        return FrameKinds.Of(Encoding.UTF8.GetBytes(name)) is var kind && kind != FrameKind.Other ? kind.ToLabel() : null;
    }
}
