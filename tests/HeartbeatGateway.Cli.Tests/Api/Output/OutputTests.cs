using System.Globalization;
using HeartbeatGateway.Cli.Api.Output;

namespace HeartbeatGateway.Cli.Tests.Api.Output;

public sealed class OutputTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("1h", "2026-11-22T09:00:00Z")]
    [InlineData("90", "2026-11-22T09:58:30Z")]
    [InlineData("03:12", "2026-11-22T03:12:00Z")]
    [InlineData("10:00", "2026-11-22T10:00:00Z")]
    [InlineData("10:01", "2026-11-21T10:01:00Z")]
    [InlineData("2026-11-20", "2026-11-20T00:00:00Z")]
    [InlineData("2026-11-20 03:12", "2026-11-20T03:12:00Z")]
    [InlineData("2026-11-20T03:12:01.5+02:00", "2026-11-20T01:12:01.5Z")]
    [InlineData("soon", null)]
    [InlineData("25:00", null)]
    [InlineData("11/20/2026", null)]
    [InlineData("", null)]
    public void Moments_are_read(string text, string? expected) =>
        Assert.Equal(expected is null ? null : DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), Moment.Parse(text, Now));

    [Theory]
    [InlineData(new double[0], 7.5, null)]
    [InlineData(new[] { 5.0 }, 7.5, "▆  5 s; full bar: the limit of 7.5 s")]
    [InlineData(new[] { 0, 1, 7.5, 9 }, 8.0, "▁▁██  0 s to 9 s, median 7.5 s; full bar: the limit of 8 s")]
    [InlineData(new[] { 1.0, 2.0 }, null, "▄█  1 s to 2 s, median 2 s")]
    [InlineData(new[] { 0.0, 0.0 }, null, "▁▁  0 s to 0 s, median 0 s")]
    public void Gaps_are_plotted_against_the_limit(double[] gaps, double? limit, string? expected) => Assert.Equal(expected, GapPlot.Of(gaps, limit));

    [Fact]
    public void A_table_cuts_the_widest_column_when_nothing_may_be_left_out()
    {
        var table = new TextTable<string>([new("NAME", s => s), new("N", s => $"{s.Length}", IsRight: true), new("MORE", s => s, 1)], 10);
        Assert.Equal(["NAME     N", "abcdef…  8", "a        1"], table.Lines(["abcdefgh", "a"]).Select(l => l));
    }

    [Fact]
    public void Without_a_terminal_nothing_is_cut_and_later_rows_have_no_second_header()
    {
        var table = new TextTable<string>([new("A", s => s), new("B", s => s)], null);
        Assert.Equal(["A  B", "x  x", "long  long"], table.Lines(["x"]).Concat(table.Lines(["long"])));
    }
}
