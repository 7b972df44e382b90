using System.Diagnostics.Metrics;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Tests.Telemetry;

/// <summary>No measurement is lost, and none is counted in the wrong bucket.</summary>
public sealed class HistogramTableTests : IDisposable
{
    private readonly Meter _meter = new("test");
    private readonly HistogramTable _table;

    public HistogramTableTests()
    {
        _table = new HistogramTable(_meter.CreateHistogram("h", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 5] }));
    }

    public void Dispose() => _meter.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(TimeSpan.TicksPerSecond, 0)]
    [InlineData(TimeSpan.TicksPerSecond + 1, 1)]
    [InlineData(5 * TimeSpan.TicksPerSecond, 1)]
    [InlineData((5 * TimeSpan.TicksPerSecond) + 1, 2)]
    [InlineData(TimeSpan.TicksPerDay, 2)]
    public void A_value_is_counted_in_the_first_bucket_whose_bound_it_does_not_exceed(long ticks, int bucket)
    {
        _table.Record(TimeSpan.FromTicks(ticks), times: 3);
        Assert.Equal((3, TimeSpan.FromTicks(3 * ticks)), _table.Read(bucket));
        Assert.Equal(3, Enumerable.Range(0, _table.Buckets).Sum(b => _table.Read(b).Count));
    }

    [Theory]
    [InlineData(0, -1, 0)]
    [InlineData(0, 2, 1)]
    [InlineData(1, 5, 5)]
    [InlineData(1, 6, 5)]
    [InlineData(2, 600, 600)]
    public void Clamp_returns_the_nearest_value_inside_the_bucket(int bucket, int seconds, int nearest) =>
        Assert.Equal(TimeSpan.FromSeconds(nearest), _table.Clamp(bucket, TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_bound_is_part_of_the_bucket_below_it() =>
        Assert.Equal(TimeSpan.FromSeconds(1) + TimeSpan.FromTicks(1), _table.Clamp(1, TimeSpan.FromSeconds(1)));

    [Fact]
    public void A_listener_of_the_instrument_gets_each_measurement()
    {
        var received = new List<double>();
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => received.Add(value));
        _table.Record(TimeSpan.FromSeconds(1));
        listener.EnableMeasurementEvents(_table.Instrument);
        _table.Record(TimeSpan.FromSeconds(2), times: 2);
        Assert.Equal([2, 2], received);
        Assert.Equal(1, _table.Read(0).Count);
        Assert.Equal(2, _table.Read(1).Count);
    }

    [Fact]
    public void Measurements_from_many_threads_are_all_counted()
    {
        Parallel.For(0, 10_000, i => _table.Record(TimeSpan.FromSeconds(i % 10)));
        // The buckets hold 0 and 1 s, 2 to 5 s, and 6 to 9 s.
        Assert.Equal((2000, TimeSpan.FromSeconds(1000)), _table.Read(0));
        Assert.Equal((4000, TimeSpan.FromSeconds(14_000)), _table.Read(1));
        Assert.Equal((4000, TimeSpan.FromSeconds(30_000)), _table.Read(2));
    }
}
