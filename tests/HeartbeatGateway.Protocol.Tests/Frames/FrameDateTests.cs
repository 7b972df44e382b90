using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public partial class FrameDateTests
{
    private const long FirstSecond = -62135596800; // 0001-01-01 00:00:00
    private const long LastSecond = 253402300799; // 9999-12-31 23:59:59

    [Theory]
    [InlineData("1970-01-01 00:00:00", 0)]
    [InlineData("1969-12-31 23:59:59", -1)]
    [InlineData("2026-11-22 10:00:00", 1795341600)]
    [InlineData("2028-02-29 23:59:59", 1835481599)]
    [InlineData("2000-02-29 00:00:00", 951782400)]
    [InlineData("0001-01-01 00:00:00", FirstSecond)]
    [InlineData("9999-12-31 23:59:59", LastSecond)]
    public void Converts_between_a_date_and_wall_seconds(string text, long wallSeconds)
    {
        Assert.True(FrameDate.TryParse(Encoding.ASCII.GetBytes(text), out var parsed));
        Assert.Equal(wallSeconds, parsed);
        Assert.Equal(text, Format(wallSeconds));
    }

    [Theory]
    [InlineData("2026-02-30 10:00:00")]
    [InlineData("2026-02-29 10:00:00")]
    [InlineData("1900-02-29 10:00:00")]
    [InlineData("2026-04-31 10:00:00")]
    [InlineData("2026-13-01 10:00:00")]
    [InlineData("2026-00-01 10:00:00")]
    [InlineData("2026-01-00 10:00:00")]
    [InlineData("2026-01-32 10:00:00")]
    [InlineData("0000-01-01 10:00:00")]
    [InlineData("2026-11-22 24:00:00")]
    [InlineData("2026-11-22 23:60:00")]
    [InlineData("2026-11-22 23:59:60")]
    [InlineData("2026-11-22T10:00:00")]
    [InlineData("2026/11/22 10:00:00")]
    [InlineData("2026-11-22 10.00.00")]
    [InlineData("2026-11-22 10:00:0")]
    [InlineData("26-11-22 10:00:00")]
    [InlineData("+026-11-22 10:00:00")]
    [InlineData("-001-11-22 10:00:00")]
    [InlineData(" 026-11-22 10:00:00")]
    [InlineData("2026-1 -22 10:00:00")]
    [InlineData("2026-11-22 1a:00:00")]
    [InlineData("２０２６-11-22 10:00:00")]
    [InlineData("٢٠٢٦-١١-٢٢ ١٠:٠٠:٠٠")]
    [InlineData("2026-11-22\u00a010:00:00")]
    [InlineData("")]
    [InlineData("now")]
    public void Rejects_a_date_that_does_not_exist(string text) =>
        Assert.False(FrameDate.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(".123")]
    [InlineData("Z and so on")]
    [InlineData("5")]
    [InlineData(" n=42")]
    [InlineData("\0\0x")]
    [InlineData("温度")]
    public void Ignores_text_after_the_19_characters(string rest)
    {
        Assert.True(FrameDate.TryParse(Encoding.UTF8.GetBytes("2026-11-22 10:00:00" + rest), out var wallSeconds));
        Assert.Equal(1795341600, wallSeconds);
    }

    [Fact]
    public void Accepts_exactly_the_bytes_that_the_format_allows_at_each_position()
    {
        for (var place = 0; place < 19; place++)
        {
            for (var value = 0; value < 256; value++)
            {
                var bytes = "2026-11-22 10:00:00"u8.ToArray();
                bytes[place] = (byte)value;
                Assert.Equal(Exists(Encoding.Latin1.GetString(bytes)), FrameDate.TryParse(bytes, out _));
            }
        }
    }

    [Fact]
    public void A_formatted_date_parses_back_to_the_same_second() => Gen.Long[FirstSecond, LastSecond].Sample(wallSeconds =>
    {
        var text = Format(wallSeconds);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(wallSeconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), text);
        Assert.True(FrameDate.TryParse(Encoding.ASCII.GetBytes(text), out var parsed));
        Assert.Equal(wallSeconds, parsed);
    });

    [Fact]
    public void Dates_do_not_depend_on_the_culture() => OddCulture.Each(() =>
    {
        Assert.Equal("2026-11-22 10:00:00", Format(1795341600));
        Assert.True(FrameDate.TryParse("2026-11-22 10:00:00"u8, out var wallSeconds));
        Assert.Equal(1795341600, wallSeconds);
        Assert.False(FrameDate.TryParse(Encoding.UTF8.GetBytes("٢٠٢٦-١١-٢٢ ١٠:٠٠:٠٠"), out _));
    });

    [Theory]
    [InlineData(FirstSecond - 1)]
    [InlineData(LastSecond + 1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Throws_when_the_year_is_outside_1_to_9999(long wallSeconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameDate.Format(wallSeconds, new byte[19]));

    private static string Format(long wallSeconds)
    {
        var text = new byte[19];
        FrameDate.Format(wallSeconds, text);
        return Encoding.ASCII.GetString(text);
    }

    private static bool Exists(string text) =>
        Form().IsMatch(text)
        && DateTime.TryParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
