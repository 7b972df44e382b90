using System.Buffers.Binary;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Splits bytes into frames, and reports where they break the protocol.</summary>
internal static class FrameExplainer
{
    private static ReadOnlySpan<byte> Magic => [0, 0, 0, FrameFormat.Magic];

    /// <summary>All parts of the input, in order and without gaps.</summary>
    public static IReadOnlyList<ExplainedPart> Explain(ReadOnlySpan<byte> input, ExplainSettings settings)
    {
        var parts = new List<ExplainedPart>();
        for (var at = 0; at < input.Length;)
        {
            var part = StartsLikeMagic(input[at..]) ? Frame(input, at, settings) : Stray(input, at, parts.Count > 0 ? parts[^1] : null);
            parts.Add(part);
            at += part.Length;
        }

        return parts;
    }

    private static bool StartsLikeMagic(ReadOnlySpan<byte> rest) =>
        Magic[..Math.Min(rest.Length, Magic.Length)].SequenceEqual(rest[..Math.Min(rest.Length, Magic.Length)]);

    /// <summary>The bytes up to the next magic. They are an error, or the length of the frame before them is wrong.</summary>
    private static ExplainedPart Stray(ReadOnlySpan<byte> input, int at, ExplainedPart? before)
    {
        var next = input[at..].IndexOf(Magic);
        var length = next < 0 ? input.Length - at : next;
        var wrong = 0;
        while (input[at + wrong] == Magic[wrong]) wrong++;
        var contentBefore = before is { IsFrame: true, IsComplete: true } ? before.Length - FrameFormat.HeaderLength : (int?)null;
        var hints = StrayHints.For(input.Slice(at, length), contentBefore, next >= 0);
        var resume = $"the next magic is at offset {Hex(at + next)}, {Plural.Of(length, "byte")} further on; reading continues there";
        var finding = new Finding(
            Severity.Wrong,
            "magic",
            $"a frame must start here with 00 00 00 76, but byte {Hex(wrong + at)} is {input[at + wrong]:x2} instead of {Magic[wrong]:x2}",
            at + wrong)
        { Hints = next < 0 ? hints : [.. hints, resume] };
        return new ExplainedPart
        {
            Offset = at,
            Length = length,
            IsFrame = false,
            IsComplete = false,
            Fields = [new ExplainedField("stray", at, length, "not a frame")],
            Findings = [finding],
        };
    }

    private static ExplainedPart Frame(ReadOnlySpan<byte> input, int at, ExplainSettings settings)
    {
        var rest = input[at..];
        var fields = new List<ExplainedField>();
        var findings = new List<Finding>();
        var magic = Math.Min(rest.Length, Magic.Length);
        fields.Add(new ExplainedField("magic", at, magic, magic == Magic.Length ? "0x76, a frame" : "the first bytes of 0x76"));
        if (rest.Length < FrameFormat.TypeOffset)
        {
            if (rest.Length > FrameFormat.LengthOffset)
            {
                fields.Add(new ExplainedField("length", at + FrameFormat.LengthOffset, rest.Length - FrameFormat.LengthOffset, "truncated"));
            }

            findings.Add(Truncated(input.Length, $"the input ends inside the frame's first {FrameFormat.TypeOffset} bytes"));
            return Part(at, rest.Length, isComplete: false, "", fields, findings);
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(rest[FrameFormat.LengthOffset..]);
        fields.Add(new ExplainedField("length", at + FrameFormat.LengthOffset, sizeof(int), $"{Plural.Of(length, "byte")} of content"));
        if (LengthCheck.Find(rest, at, length, settings.MaxContentBytes) is { } badLength)
        {
            findings.Add(badLength);
            // The end of this frame is unknown. Only the next magic shows where another frame can start.
            var next = rest[Magic.Length..].IndexOf(Magic);
            var header = Math.Min(rest.Length, FrameFormat.HeaderLength);
            HeaderFields.Explain(rest[..header], at, settings, fields, findings, out var badType);
            return Part(at, next < 0 ? rest.Length : next + Magic.Length, isComplete: false, badType, fields, findings);
        }

        var wanted = FrameFormat.HeaderLength + (long)length;
        var isComplete = rest.Length >= wanted;
        var present = (int)Math.Min(rest.Length, wanted);
        HeaderFields.Explain(rest[..Math.Min(present, FrameFormat.HeaderLength)], at, settings, fields, findings, out var type);
        if (present > FrameFormat.HeaderLength || (isComplete && length == 0))
        {
            var content = rest[FrameFormat.HeaderLength..present];
            fields.Add(new ExplainedField("content", at + FrameFormat.HeaderLength, content.Length, ContentText.Describe(content)));
            if (isComplete) findings.AddRange(ContentCheck.Find(type, content, at + FrameFormat.HeaderLength));
        }

        if (isComplete) findings.Add(TokenCheck.Find(rest[..present], at, settings));
        else findings.Add(LengthCheck.Truncated(rest, at, length, Magic));
        return Part(at, present, isComplete, type, fields, findings);
    }

    private static Finding Truncated(int end, string text) => new(Severity.Wrong, "length", text, end, 0);

    private static ExplainedPart Part(int at, int length, bool isComplete, string type, List<ExplainedField> fields, List<Finding> findings) => new()
    {
        Offset = at,
        Length = length,
        IsFrame = true,
        IsComplete = isComplete,
        Type = Printable.From(type, FrameFormat.FieldLength),
        Fields = fields,
        Findings =
        [
            .. findings
                .OrderByDescending(f => f.Severity == Severity.Wrong)
                .ThenByDescending(f => f.IsExact)
                .ThenBy(f => f.Severity == Severity.Wrong ? f.Offset ?? int.MaxValue : 0),
        ],
    };

    internal static string Hex(int offset) => $"0x{offset:x4}";
}
