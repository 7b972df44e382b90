using System.CommandLine;
using System.Globalization;
using HeartbeatGateway.Cli.Options;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>Times on the command line: an ISO 8601 time, <c>HH:mm</c> for the latest such time in UTC, or a duration before now.</summary>
internal static class Moment
{
    private static readonly string[] Forms =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd",
    ];

    public static Option<string?> Option(string name, string description) => new(name)
    {
        Description = $"{description} A time in UTC such as 03:12, 2026-01-31T03:12:00Z, or a duration before now such as 1h.",
        HelpName = "time",
    };

    /// <summary>The time in the form of the API; null without a value.</summary>
    /// <exception cref="CliException">The text is not a time.</exception>
    public static string? Read(ParseResult parsed, Option<string?> option, DateTimeOffset now) => parsed.GetValue(option) is not { } text
        ? null
        : Parse(text, now)?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)
            ?? throw new CliException(ExitCode.Usage, $"{option.Name} is '{text}', but must be a time such as 03:12 or 2026-01-31T03:12:00Z (UTC), or a duration before now such as 1h.");

    public static DateTimeOffset? Parse(string text, DateTimeOffset now)
    {
        if (Duration.TryParse(text, out var ago)) return now - ago;
        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
        {
            var today = new DateTimeOffset(DateOnly.FromDateTime(now.UtcDateTime).ToDateTime(clock), TimeSpan.Zero);
            return today > now ? today.AddDays(-1) : today;
        }

        return DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }
}
