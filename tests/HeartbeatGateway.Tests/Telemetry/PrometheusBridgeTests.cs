using System.Diagnostics.Metrics;
using System.Globalization;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Testing;
using Prometheus;

namespace HeartbeatGateway.Tests.Telemetry;

/// <summary>A histogram that is read from its table is exported as if each measurement had been recorded.</summary>
public sealed class PrometheusBridgeTests : IDisposable
{
    private readonly TestMeterFactory _meters = new();
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly PrometheusBridge _bridge;
    private readonly HistogramTable _table;

    public PrometheusBridgeTests()
    {
        _bridge = new PrometheusBridge(_meters, _registry);
        var meter = _meters.Create(new MeterOptions(GatewayMetrics.MeterName));
        _table = new HistogramTable(meter.CreateHistogram("gaps", "s", "Gaps.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 5] }));
        _bridge.Follow(_table);
    }

    public void Dispose()
    {
        _bridge.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task The_series_exist_before_the_first_measurement()
    {
        Assert.Equal((double[])[0, 0, 0], await BucketsAsync());
        Assert.Equal(0, await ValueAsync("gaps_seconds_sum"));
    }

    [Fact]
    public async Task Each_scrape_contains_all_measurements_so_far_once()
    {
        _table.Record(TimeSpan.FromSeconds(0.5), times: 3);
        _table.Record(TimeSpan.FromSeconds(5));
        Assert.Equal((double[])[3, 4, 4], await BucketsAsync());
        Assert.Equal(6.5, await ValueAsync("gaps_seconds_sum"), 6);

        Assert.Equal((double[])[3, 4, 4], await BucketsAsync());

        _table.Record(TimeSpan.FromSeconds(1));
        _table.Record(TimeSpan.FromSeconds(60), times: 2);
        _table.Record(TimeSpan.FromSeconds(3));
        Assert.Equal((double[])[4, 6, 8], await BucketsAsync());
        Assert.Equal(130.5, await ValueAsync("gaps_seconds_sum"), 6);
        Assert.Equal(8, await ValueAsync("gaps_seconds_count"));
    }

    [Fact]
    public async Task The_bridge_does_not_listen_to_the_instrument()
    {
        // That something listens says nothing: exporters of other tests in this process may.
        ((Histogram<double>)_table.Instrument).Record(0.5);
        Assert.All(await BucketsAsync(), count => Assert.Equal(0, count));
    }

    private async Task<double[]> BucketsAsync() =>
        [await ValueAsync("gaps_seconds_bucket{le=\"1\"}"), await ValueAsync("gaps_seconds_bucket{le=\"5\"}"), await ValueAsync("gaps_seconds_bucket{le=\"+Inf\"}")];

    private async Task<double> ValueAsync(string series)
    {
        using var page = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(page, TestContext.Current.CancellationToken);
        page.Position = 0;
        using var reader = new StreamReader(page);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        var line = Assert.Single(text.Split('\n'), l => l.StartsWith($"{series} ", StringComparison.Ordinal));
        return double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
