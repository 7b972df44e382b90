using System.Globalization;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Distinguishes a wrong time zone from a wrong clock.</summary>
internal static class ClockHints
{
    // A time zone explains a difference only when the remainder after its offset is small.
    // All offsets in use are multiples of a quarter of an hour.
    private const long Remainder = 120;
    private const long Quarter = 15 * 60;
    private const long MaxOffset = 14 * 3600;
    private const long MinOffset = -12 * 3600;

    public static IReadOnlyList<string> For(ReadOnlySpan<byte> frame, long now)
    {
        if (!FrameDate.TryParse(FrameFormat.Trim(frame.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength)), out var wallSeconds)) return [];
        var difference = wallSeconds - now;
        var offset = (long)Math.Round(difference / (double)Quarter, MidpointRounding.AwayFromZero) * Quarter;
        if (offset is not (< MinOffset or > MaxOffset) && Math.Abs(difference - offset) <= Remainder && IsInUse(offset))
        {
            var name = offset == 0
                ? "UTC"
                : string.Create(CultureInfo.InvariantCulture, $"{(offset < 0 ? '-' : '+')}{Math.Abs(offset) / 3600:00}:{Math.Abs(offset) / 60 % 60:00}");
            return [$"it verifies with --time-zone {name}: the device writes local time; write UTC instead, or set Gateway:Frames:TimeZone"];
        }

        return ["if the frame is new, the device's clock is wrong by that much; a gateway answers with close token_expired and its own time"];
    }

    private static bool IsInUse(long offset) => offset % (2 * Quarter) == 0 || offset is 20_700 or 31_500 or 45_900;
}
