using System.Globalization;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>
/// The time zone of the wall clock that dates on the wire refer to. A date in a repeated hour (clocks go back) stands for two
/// instants, and both are accepted. A date in a skipped hour (clocks go forward) is read as standard time.
/// </summary>
public sealed class FrameTimeZone
{
    // Covers the dates that a fleet uses at one time: the default window of 5 minutes in both directions has 601 seconds.
    private const int RememberedSeconds = 1024;
    private const long SecondsPerDay = 24 * 60 * 60;

    private readonly TimeZoneInfo _zone;
    private readonly long? _fixedOffsetSeconds;
    private readonly Reading?[] _readings;

    private FrameTimeZone(string name, TimeZoneInfo zone)
    {
        Name = name;
        _zone = zone;
        if (!zone.SupportsDaylightSavingTime && zone.GetAdjustmentRules().Length == 0) _fixedOffsetSeconds = (long)zone.BaseUtcOffset.TotalSeconds;
        _readings = _fixedOffsetSeconds is null ? new Reading?[RememberedSeconds] : [];
    }

    /// <summary>Coordinated universal time, the default.</summary>
    public static FrameTimeZone Utc { get; } = new("UTC", TimeZoneInfo.Utc);

    /// <summary>The text that the time zone was parsed from.</summary>
    public string Name { get; }

    /// <summary>Parses <c>UTC</c>, a fixed offset such as <c>+08:00</c> (up to 14 hours), or an IANA id such as <c>Europe/Berlin</c>.</summary>
    /// <param name="text">The name.</param>
    /// <param name="zone">The time zone.</param>
    /// <param name="error">A sentence for the operator: what is wrong with the name. Null on success.</param>
    public static bool TryParse(string text, out FrameTimeZone zone, out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        zone = Utc;
        error = null;
        if (text is "UTC" or "Z" or "utc") return true;
        if (text.Length == 6 && text[0] is '+' or '-')
        {
            if (TimeSpan.TryParseExact(text.AsSpan(1), @"hh\:mm", CultureInfo.InvariantCulture, out var offset) && offset <= TimeSpan.FromHours(14))
            {
                zone = new FrameTimeZone(text, TimeZoneInfo.CreateCustomTimeZone(text, text[0] == '-' ? -offset : offset, text, text));
                return true;
            }

            error = $"'{text}' is no offset between -14:00 and +14:00";
            return false;
        }

        try
        {
            zone = new FrameTimeZone(text, TimeZoneInfo.FindSystemTimeZoneById(text));
            return true;
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or System.Security.SecurityException or IOException)
        {
            error = $"'{text}' is neither UTC, nor an offset such as +08:00, nor an IANA time zone id that this system knows";
            return false;
        }
    }

    /// <summary>The wall seconds of this time zone at an instant.</summary>
    /// <param name="unixSeconds">Seconds since 1970-01-01 UTC.</param>
    public long ToWallSeconds(long unixSeconds) => unixSeconds + (_fixedOffsetSeconds ?? OffsetAt(unixSeconds));

    /// <summary>
    /// The instants, in seconds since 1970-01-01 UTC, at which the wall clock shows a date. The two differ only in a repeated hour.
    /// The method tries the offsets of the day before and the day after. It does not use the conversion of the framework, which is
    /// wrong for time zones that define winter time as the exception (Europe/Dublin).
    /// </summary>
    public (long Earliest, long Latest) ToUnixSeconds(long wallSeconds)
    {
        if (_fixedOffsetSeconds is { } offset) return (wallSeconds - offset, wallSeconds - offset);
        ref var slot = ref _readings[(int)((ulong)wallSeconds % (ulong)_readings.Length)];
        if (Volatile.Read(ref slot) is { } known && known.WallSeconds == wallSeconds) return (known.Earliest, known.Latest);

        var (before, after) = (OffsetAt(wallSeconds - SecondsPerDay), OffsetAt(wallSeconds + SecondsPerDay));
        var (one, other) = (wallSeconds - before, wallSeconds - after);
        var (oneShows, otherShows) = (OffsetAt(one) == before, OffsetAt(other) == after);
        var reading = (oneShows, otherShows) switch
        {
            (true, true) => new Reading(wallSeconds, Math.Min(one, other), Math.Max(one, other)),
            (false, true) => new Reading(wallSeconds, other, other),
            // In a skipped hour the wall clock shows this date at no instant: the offset before the change applies.
            _ => new Reading(wallSeconds, one, one),
        };
        Volatile.Write(ref slot, reading);
        return (reading.Earliest, reading.Latest);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private long OffsetAt(long unixSeconds)
    {
        var instant = DateTimeOffset.FromUnixTimeSeconds(
            Math.Clamp(unixSeconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
        return (long)_zone.GetUtcOffset(instant).TotalSeconds;
    }

    private sealed record Reading(long WallSeconds, long Earliest, long Latest);
}
