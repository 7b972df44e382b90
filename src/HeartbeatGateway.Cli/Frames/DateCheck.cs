using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Checks the created field.</summary>
internal static class DateCheck
{
    private const string Pattern = "0000-00-00 00:00:00";

    public static IEnumerable<Finding> Find(ReadOnlySpan<byte> field, int offset, ExplainSettings settings)
    {
        var text = FrameFormat.Trim(field);
        var start = Math.Max(field.IndexOfAnyExceptInRange((byte)0, (byte)0x20), 0);
        if (!FrameDate.TryParse(text, out var wallSeconds))
        {
            var (at, count, what) = FirstFault(text);
            return [new Finding(Severity.Wrong, "created", what, offset + start + at, count)];
        }

        var findings = new List<Finding>();
        var (earliest, latest) = settings.TimeZone.ToUnixSeconds(wallSeconds);
        var age = Math.Abs(settings.Now - earliest) <= Math.Abs(settings.Now - latest) ? settings.Now - earliest : settings.Now - latest;
        findings.Add(new Finding(Severity.Ok, "created", $"{DateText.Ago(age)}, time zone {settings.TimeZone.Name}"));
        if (text.Length > FrameDate.Length)
        {
            findings.Add(new Finding(
                Severity.Note,
                "created",
                $"\"{Printable.From(Encoding.UTF8.GetString(text[FrameDate.Length..]))}\" after the date is ignored, but the token covers it",
                offset + start + FrameDate.Length,
                text.Length - FrameDate.Length));
        }

        return findings;
    }

    /// <summary>Finds the first character that does not match the date form, or the first number that is out of range.</summary>
    private static (int At, int Count, string What) FirstFault(ReadOnlySpan<byte> text)
    {
        const string Form = "created must be yyyy-MM-dd HH:mm:ss";
        if (text.IsEmpty) return (0, FrameFormat.FieldLength, $"{Form}, but is empty");
        for (var i = 0; i < Pattern.Length; i++)
        {
            if (i == text.Length) return (i, 1, $"{Form}, but ends after {i} characters");
            var isDigit = Pattern[i] == '0';
            if (isDigit ? char.IsAsciiDigit((char)text[i]) : text[i] == Pattern[i]) continue;
            var found = text[i] is >= 0x20 and <= 0x7E ? $"'{(char)text[i]}'" : $"byte {text[i]:x2}";
            return (i, 1, $"{Form}, but character {i + 1} is {found} instead of {(isDigit ? "a digit" : $"'{Pattern[i]}'")}");
        }

        foreach (var (at, count, name, min, max) in ((int, int, string, int, int)[])
            [(0, 4, "year", 1, 9999), (5, 2, "month", 1, 12), (11, 2, "hour", 0, 23), (14, 2, "minute", 0, 59), (17, 2, "second", 0, 59)])
        {
            if (Number(text.Slice(at, count)) is var number && (number < min || number > max)) return (at, count, $"{name} {number} does not exist");
        }

        return (8, 2, $"day {Number(text.Slice(8, 2))} does not exist in month {Number(text.Slice(5, 2))} of {Number(text[..4])}");
    }

    private static int Number(ReadOnlySpan<byte> digits)
    {
        var number = 0;
        foreach (var digit in digits) number = (number * 10) + (digit - '0');
        return number;
    }
}
