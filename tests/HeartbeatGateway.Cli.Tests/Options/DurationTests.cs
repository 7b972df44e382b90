using HeartbeatGateway.Cli.Options;

namespace HeartbeatGateway.Cli.Tests.Options;

public sealed class DurationTests
{
    [Theory]
    [InlineData("200ms", 200)]
    [InlineData("5s", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("250us", 0.25)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("00:00:07", 7_000)]
    [InlineData("00:00:07.5", 7_500)]
    [InlineData("0", 0)]
    [InlineData("5", 5_000)]
    [InlineData("0.25", 250)]
    [InlineData("2592000", 2_592_000_000)]
    [InlineData("720h", 2_592_000_000)]
    public void Parses_durations_with_units(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("s")]
    [InlineData("-5")]
    [InlineData("1e3")]
    [InlineData("2592001")]
    [InlineData("-5s")]
    [InlineData("1e3s")]
    [InlineData("5 s")]
    [InlineData("1,5s")]
    [InlineData("721h")]
    [InlineData("5d")]
    [InlineData("25:00:00")]
    [InlineData("")]
    public void Rejects_any_other_text(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(0.5, "500 µs")]
    [InlineData(20, "20 ms")]
    [InlineData(7_250, "7.25 s")]
    [InlineData(120_000, "2 min")]
    [InlineData(125_000, "2 min 5 s")]
    [InlineData(7_500_000, "2 h 5 min")]
    [InlineData(90_000_000, "1 d 1 h")]
    public void Describes_durations_briefly(double milliseconds, string text) => Assert.Equal(text, Duration.Describe(TimeSpan.FromMilliseconds(milliseconds)));
}
