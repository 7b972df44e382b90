namespace HeartbeatGateway.Protocol.Frames;

/// <summary>
/// Reads and writes the date of the created field: <c>yyyy-MM-dd HH:mm:ss</c> on a wall clock. Both methods use "wall seconds":
/// the seconds since 1970-01-01 00:00:00 on the same wall clock, without a time zone. The format does not depend on the culture.
/// </summary>
public static class FrameDate
{
    /// <summary>The length of a date, in characters.</summary>
    public const int Length = 19;

    private static readonly long UnixEpochSeconds = DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerSecond;

    /// <summary>
    /// Reads the first 19 bytes of a trimmed field. The bytes after them are ignored, as in Java's <c>SimpleDateFormat.parse</c>.
    /// Returns false for dates that do not exist (30 February, 24:00:00) and for digits that are not ASCII.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> created, out long wallSeconds)
    {
        wallSeconds = 0;
        if (created.Length < Length
            || created[4] != '-' || created[7] != '-' || created[10] != ' ' || created[13] != ':' || created[16] != ':'
            || !TryDigits(created[..4], out var year) || !TryDigits(created.Slice(5, 2), out var month)
            || !TryDigits(created.Slice(8, 2), out var day) || !TryDigits(created.Slice(11, 2), out var hour)
            || !TryDigits(created.Slice(14, 2), out var minute) || !TryDigits(created.Slice(17, 2), out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        wallSeconds = (new DateTime(year, month, day, hour, minute, second, DateTimeKind.Unspecified).Ticks / TimeSpan.TicksPerSecond)
            - UnixEpochSeconds;
        return true;
    }

    /// <summary>Writes a date into the first 19 bytes of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The year is outside 1 to 9999.</exception>
    public static void Format(long wallSeconds, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wallSeconds, -UnixEpochSeconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wallSeconds, (DateTime.MaxValue.Ticks / TimeSpan.TicksPerSecond) - UnixEpochSeconds);
        var date = new DateTime((wallSeconds + UnixEpochSeconds) * TimeSpan.TicksPerSecond, DateTimeKind.Unspecified);
        WriteDigits(date.Year, destination[..4]);
        destination[4] = (byte)'-';
        WriteDigits(date.Month, destination.Slice(5, 2));
        destination[7] = (byte)'-';
        WriteDigits(date.Day, destination.Slice(8, 2));
        destination[10] = (byte)' ';
        WriteDigits(date.Hour, destination.Slice(11, 2));
        destination[13] = (byte)':';
        WriteDigits(date.Minute, destination.Slice(14, 2));
        destination[16] = (byte)':';
        WriteDigits(date.Second, destination.Slice(17, 2));
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit((char)character)) return false;
            value = (value * 10) + (character - '0');
        }

        return true;
    }

    private static void WriteDigits(int value, Span<byte> destination)
    {
        for (var i = destination.Length - 1; i >= 0; i--, value /= 10) destination[i] = (byte)('0' + (value % 10));
    }
}
