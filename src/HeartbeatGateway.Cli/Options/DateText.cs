using System.CommandLine;
using System.Text;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Options;

/// <summary>Dates on the command line, in the form that frames use.</summary>
internal static class DateText
{
    /// <summary>An option whose value is a date.</summary>
    public static Option<string?> Option(string name, string description) => new(name)
    {
        Description = $"{description} Format: yyyy-MM-dd HH:mm:ss in --time-zone.",
        HelpName = "date",
    };

    /// <summary>The instant of a date, in seconds since 1970-01-01 UTC.</summary>
    /// <exception cref="CliException">The text is not a date, or clocks of the time zone skip this time.</exception>
    public static long Read(string option, string text, FrameTimeZone zone)
    {
        if (!FrameDate.TryParse(Encoding.UTF8.GetBytes(text), out var wallSeconds) || text.Length != FrameDate.Length)
        {
            throw new CliException(ExitCode.Usage, $"{option} is '{text}', but must be a valid date in the form yyyy-MM-dd HH:mm:ss.");
        }

        var (earliest, _) = zone.ToUnixSeconds(wallSeconds);
        if (zone.ToWallSeconds(earliest) == wallSeconds) return earliest;
        throw new CliException(ExitCode.Usage, $"{option}: {text} does not exist in time zone {zone.Name}; clocks skip it when they go forward.");
    }

    /// <summary>An instant as wall-clock time in a time zone.</summary>
    public static string Format(long unixSeconds, FrameTimeZone zone)
    {
        Span<byte> text = stackalloc byte[FrameDate.Length];
        FrameDate.Format(zone.ToWallSeconds(unixSeconds), text);
        return Encoding.ASCII.GetString(text);
    }

    /// <summary>The distance to now, as text.</summary>
    public static string Ago(long seconds) => seconds switch
    {
        0 => "now",
        > 0 => $"{Duration.Describe(TimeSpan.FromSeconds(seconds))} ago",
        _ => $"{Duration.Describe(TimeSpan.FromSeconds(-seconds))} from now",
    };
}
