using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameTimeZoneTests
{
    [Theory]
    [InlineData("UTC", 0)]
    [InlineData("+00:00", 0)]
    [InlineData("-00:00", 0)]
    [InlineData("+08:00", 28800)]
    [InlineData("-08:00", -28800)]
    [InlineData("+05:45", 20700)]
    [InlineData("-03:30", -12600)]
    [InlineData("+14:00", 50400)]
    [InlineData("-14:00", -50400)]
    [InlineData("Asia/Shanghai", 28800)]
    [InlineData("Asia/Kolkata", 19800)]
    public void Adds_a_fixed_offset_to_UTC(string name, long seconds)
    {
        var zone = Keyrings.Zone(name);
        Assert.Equal(TestFrame.Now + seconds, zone.ToWallSeconds(TestFrame.Now));
        Assert.Equal((TestFrame.Now, TestFrame.Now), zone.ToUnixSeconds(TestFrame.Now + seconds));
        Assert.Equal(name, zone.Name);
    }

    [Theory]
    [InlineData("+14:01")]
    [InlineData("-23:59")]
    [InlineData("+24:00")]
    [InlineData("+08:60")]
    [InlineData("+8:00")]
    [InlineData("+0800")]
    [InlineData("08:00")]
    [InlineData("+ab:cd")]
    [InlineData("+٠٨:٠٠")]
    [InlineData("Europe/Atlantis")]
    [InlineData("Europe")]
    [InlineData("../zoneinfo/Europe/Berlin")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    public void Rejects_an_invalid_name_with_an_error_that_quotes_it(string name)
    {
        Assert.False(FrameTimeZone.TryParse(name, out _, out var error));
        Assert.Contains($"'{name}'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_parsed_or_rejected_with_an_error() => Gen.String[0, 8].Sample(text =>
        FrameTimeZone.TryParse(text, out _, out var error) == (error is null));

    [Fact]
    public void Berlin_is_one_hour_ahead_in_winter_and_two_in_summer()
    {
        var berlin = Keyrings.Zone("Europe/Berlin");
        Assert.Equal(Wall("2026-01-15 13:00:00"), berlin.ToWallSeconds(Wall("2026-01-15 12:00:00")));
        Assert.Equal(Wall("2026-07-15 14:00:00"), berlin.ToWallSeconds(Wall("2026-07-15 12:00:00")));
        Assert.Equal(Both("2026-07-15 12:00:00"), berlin.ToUnixSeconds(Wall("2026-07-15 14:00:00")));
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-10-25 01:59:59", "2026-10-24 23:59:59", "2026-10-24 23:59:59")]
    [InlineData("Europe/Berlin", "2026-10-25 02:00:00", "2026-10-25 00:00:00", "2026-10-25 01:00:00")]
    [InlineData("Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25 00:59:59", "2026-10-25 01:59:59")]
    [InlineData("Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25 02:00:00", "2026-10-25 02:00:00")]
    [InlineData("Europe/Dublin", "2026-10-25 01:30:00", "2026-10-25 00:30:00", "2026-10-25 01:30:00")]
    [InlineData("America/New_York", "2026-11-01 01:30:00", "2026-11-01 05:30:00", "2026-11-01 06:30:00")]
    [InlineData("Australia/Lord_Howe", "2026-04-05 01:45:00", "2026-04-04 14:45:00", "2026-04-04 15:15:00")]
    public void A_date_in_a_repeated_hour_has_two_instants(string zone, string wall, string earliest, string latest) =>
        Assert.Equal((Wall(earliest), Wall(latest)), Keyrings.Zone(zone).ToUnixSeconds(Wall(wall)));

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29 00:59:59")]
    [InlineData("Europe/Berlin", "2026-03-29 02:00:00", "2026-03-29 01:00:00")]
    [InlineData("Europe/Berlin", "2026-03-29 02:59:59", "2026-03-29 01:59:59")]
    [InlineData("Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29 01:00:00")]
    [InlineData("America/New_York", "2026-03-08 02:30:00", "2026-03-08 07:30:00")]
    [InlineData("Australia/Lord_Howe", "2026-10-04 02:15:00", "2026-10-03 15:45:00")]
    public void A_date_in_a_skipped_hour_is_read_as_standard_time(string zone, string wall, string instant) =>
        Assert.Equal(Both(instant), Keyrings.Zone(zone).ToUnixSeconds(Wall(wall)));

    [Theory]
    [InlineData("Europe/Berlin", "2026-10-25 00:00:00")]
    [InlineData("Europe/Berlin", "2026-03-29 00:00:00")]
    [InlineData("Europe/Dublin", "2026-10-25 00:00:00")]
    [InlineData("America/New_York", "2026-11-01 05:00:00")]
    [InlineData("Australia/Lord_Howe", "2026-04-04 14:00:00")]
    [InlineData("Asia/Kathmandu", "2026-01-01 00:00:00")]
    [InlineData("-03:30", "2026-01-01 00:00:00")]
    public void Converting_an_instant_to_wall_time_and_back_includes_the_instant(string name, string change)
    {
        var zone = Keyrings.Zone(name);
        var anyTime = Gen.Long[Wall("2024-01-01 00:00:00"), Wall("2030-01-01 00:00:00")];
        var aroundTheChange = Gen.Long[Wall(change), Wall(change) + (3 * 3600)];
        Gen.OneOf(anyTime, aroundTheChange).Sample(
            unix =>
            {
                var (earliest, latest) = zone.ToUnixSeconds(zone.ToWallSeconds(unix));
                return earliest <= latest && (earliest == unix || latest == unix);
            },
            iter: 2000);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Pacific/Kiritimati")]
    [InlineData("+14:00")]
    [InlineData("-14:00")]
    public void The_first_and_the_last_date_convert_to_an_instant(string name)
    {
        var zone = Keyrings.Zone(name);
        foreach (var date in (string[])["0001-01-01 00:00:00", "0001-01-02 12:00:00", "9999-12-31 00:00:00", "9999-12-31 23:59:59"])
        {
            var (earliest, latest) = zone.ToUnixSeconds(Wall(date));
            Assert.InRange(earliest, Wall(date) - 86400, Wall(date) + 86400);
            Assert.InRange(latest, Wall(date) - 86400, Wall(date) + 86400);
        }
    }

    [Fact]
    public void Offsets_do_not_depend_on_the_culture() => OddCulture.Each(() =>
    {
        Assert.Equal(28800, Keyrings.Zone("+08:00").ToWallSeconds(0));
        Assert.Equal(-12600, Keyrings.Zone("-03:30").ToWallSeconds(0));
    });

    private static (long Earliest, long Latest) Both(string date) => (Wall(date), Wall(date));

    private static long Wall(string date)
    {
        Assert.True(FrameDate.TryParse(System.Text.Encoding.ASCII.GetBytes(date), out var seconds));
        return seconds;
    }
}
