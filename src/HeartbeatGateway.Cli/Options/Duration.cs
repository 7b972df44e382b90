using System.CommandLine;
using System.Globalization;

namespace HeartbeatGateway.Cli.Options;

/// <summary>Reads and formats durations: <c>200ms</c>, <c>5s</c>, <c>1.5m</c>, <c>2h</c>, <c>hh:mm:ss</c>, or a number of seconds.</summary>
internal static class Duration
{
    private static readonly (string Unit, double Milliseconds)[] Units = [("ms", 1), ("us", 0.001), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("", 1_000)];

    /// <summary>The longest duration that is accepted.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(30);

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParseExact(text, [@"h\:mm\:ss", @"hh\:mm\:ss", @"hh\:mm\:ss\.FFFFFFF"], CultureInfo.InvariantCulture, out duration);
        }

        foreach (var (unit, milliseconds) in Units)
        {
            // A number without a unit is in seconds; the empty unit is the last one and fits every text.
            if (!text.EndsWith(unit, StringComparison.Ordinal)
                || !double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                continue;
            }

            var total = number * milliseconds;
            // Also refuses NaN, which the parser takes for a number.
            if (!(total <= Max.TotalMilliseconds)) return false;
            duration = TimeSpan.FromMilliseconds(total);
            return true;
        }

        return false;
    }

    /// <summary>Formats a duration briefly: <c>12 s</c>, <c>3 min 20 s</c>, <c>2 h 5 min</c>, <c>4 d 1 h</c>.</summary>
    public static string Describe(TimeSpan duration)
    {
        var d = duration.Duration();
        if (d < TimeSpan.FromMilliseconds(1)) return Format($"{d.TotalMicroseconds:0} µs");
        if (d < TimeSpan.FromSeconds(1)) return Format($"{d.TotalMilliseconds:0.##} ms");
        if (d < TimeSpan.FromMinutes(1)) return Format($"{d.TotalSeconds:0.##} s");
        if (d < TimeSpan.FromHours(1)) return d.Seconds == 0 ? Format($"{d.Minutes} min") : Format($"{d.Minutes} min {d.Seconds} s");
        if (d < TimeSpan.FromDays(1)) return d.Minutes == 0 ? Format($"{d.Hours} h") : Format($"{d.Hours} h {d.Minutes} min");
        return d.Hours == 0 ? Format($"{d.Days} d") : Format($"{d.Days} d {d.Hours} h");
    }

    /// <summary>An option whose value is a duration.</summary>
    public static Option<TimeSpan> Option(string name, string description, TimeSpan @default) => new(name)
    {
        Description = description,
        HelpName = "duration",
        DefaultValueFactory = _ => @default,
        CustomParser = result => Read(name, result),
    };

    /// <summary>An option whose value is a duration, without a default.</summary>
    public static Option<TimeSpan?> Optional(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "duration",
        CustomParser = result => Read(name, result),
    };

    private static TimeSpan Read(string name, System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (TryParse(text, out var duration)) return duration;
        result.AddError($"{name} is '{text}', but must be a duration such as 200ms, 5s, 2m or 1h, at most 30 days; a number without a unit is in seconds.");
        return default;
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
