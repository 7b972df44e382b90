using System.CommandLine;
using System.Text;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Options;

/// <summary>Dates as they stand in frames, on the command line.</summary>
internal static class DateText
{
    /// <summary>An option whose value is a date or <c>now</c>.</summary>
    public static Option<string?> Option(string name, string description) => new(name) { Description = $"{description} yyyy-MM-dd HH:mm:ss in --time-zone.", HelpName = "date" };

    /// <summary>The instant that a date means, in seconds since 1970-01-01 UTC.</summary>
    /// <exception cref="CliException">It is no date, or no clock of the zone ever shows it.</exception>
    public static long Read(string option, string text, FrameTimeZone zone)
    {
        if (!FrameDate.TryParse(Encoding.UTF8.GetBytes(text), out var wallSeconds) || text.Length != FrameDate.Length)
        {
            throw new CliException(ExitCode.Usage, $"{option} is '{text}', but must be a date that exists, written yyyy-MM-dd HH:mm:ss.");
        }

        var (earliest, _) = zone.ToUnixSeconds(wallSeconds);
        if (zone.ToWallSeconds(earliest) == wallSeconds) return earliest;
        throw new CliException(ExitCode.Usage, $"{option}: clocks of {zone.Name} never show {text}; they are put forward at that time.");
    }

    /// <summary>An instant on a wall clock.</summary>
    public static string Format(long unixSeconds, FrameTimeZone zone)
    {
        Span<byte> text = stackalloc byte[FrameDate.Length];
        FrameDate.Format(zone.ToWallSeconds(unixSeconds), text);
        return Encoding.ASCII.GetString(text);
    }

    /// <summary>A distance to now, in words.</summary>
    public static string Ago(long seconds) => seconds switch
    {
        0 => "now",
        > 0 => $"{Duration.Describe(TimeSpan.FromSeconds(seconds))} ago",
        _ => $"{Duration.Describe(TimeSpan.FromSeconds(-seconds))} from now",
    };
}
