using System.Net;
using CsCheck;
using HeartbeatGateway.Cli.Load;

namespace HeartbeatGateway.Cli.Tests.Load;

public sealed class LoadPartsTests
{
    [Theory]
    [InlineData(0, "127.1.0.1")]
    [InlineData(254, "127.1.0.255")]
    [InlineData(255, "127.1.1.0")]
    [InlineData(SourceAddress.Max - 1, "127.16.66.64")]
    public void Source_addresses_are_consecutive(int index, string address) => Assert.Equal(IPAddress.Parse(address), SourceAddress.Of(index));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10_000, 1)]
    [InlineData(10_001, 2)]
    [InlineData(100_000, 10)]
    public void The_number_of_source_addresses_follows_the_number_of_clients(int clients, int addresses) =>
        Assert.Equal(addresses, SourceAddress.Needed(clients));

    [Fact]
    public void Percentiles_are_accurate_to_a_thousandth() => Gen.Int[1, 5_000_000].Array[1, 300].Sample(microseconds =>
    {
        var percentiles = new Percentiles();
        foreach (var value in microseconds) percentiles.Record(TimeSpan.FromMicroseconds(value));
        var read = percentiles.Read()!;
        var sorted = microseconds.Order().ToArray();
        Near(sorted[(int)Math.Ceiling(sorted.Length * 0.5) - 1], read.P50Ms);
        Near(sorted[(int)Math.Ceiling(sorted.Length * 0.99) - 1], read.P99Ms);
        Near(sorted[^1], read.MaxMs);
        Assert.Equal(sorted.Length, read.Count);

        // The product of a double is rounded to the histogram's own unit, whole microseconds: 1024.243 * 1000 is 1024242.9999999999.
        static void Near(int expected, double milliseconds) => Assert.InRange(Math.Round(milliseconds * 1000), expected, (expected * 1.001) + 0.001);
    });

    [Fact]
    public void Durations_out_of_range_are_clamped()
    {
        var percentiles = new Percentiles();
        Assert.Null(percentiles.Read());
        percentiles.Record(TimeSpan.Zero);
        percentiles.Record(TimeSpan.FromDays(1));
        Assert.Equal(2, percentiles.Read()!.Count);
    }

    [Fact]
    public void The_spread_distinguishes_a_reconnect_storm_from_jitter()
    {
        var even = Spread.Of([.. Enumerable.Repeat(10, 120)])!;
        Assert.Equal((1200, 10, 10.0, 1.0), (even.Attempts, even.MaxPerSecond, even.MeanPerSecond, even.MaxToMeanAfterFirstMinute));

        var storm = Spread.Of([0, 0, 100, .. Enumerable.Repeat(0, 57), .. Enumerable.Repeat(0, 9), 100])!;
        Assert.Equal(10, storm.MaxToMeanAfterFirstMinute);
        Assert.Equal(100, storm.MaxPerSecond);

        Assert.Null(Spread.Of([1, 2, 3])!.MaxToMeanAfterFirstMinute);
        Assert.Null(Spread.Of([]));
        Assert.Null(Spread.Of([0, 0]));
    }

    [Fact]
    public void Events_are_counted_per_second()
    {
        var seconds = new PerSecond();
        seconds.Add(TimeSpan.FromSeconds(0.9));
        seconds.Add(TimeSpan.FromSeconds(2));
        seconds.Add(TimeSpan.FromSeconds(2.5));
        seconds.Add(TimeSpan.FromSeconds(-1));
        Assert.Equal([2, 0, 2], seconds.Read());
    }
}
