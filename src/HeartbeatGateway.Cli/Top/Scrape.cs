namespace HeartbeatGateway.Cli.Top;

/// <summary>The content of a metrics page at one time.</summary>
internal sealed class Scrape
{
    private const string Prefix = "heartbeatgateway_";

    private readonly ILookup<string, MetricSample> _samples;

    public Scrape(IEnumerable<MetricSample> samples, DateTimeOffset time)
    {
        _samples = samples.ToLookup(s => s.Name, StringComparer.Ordinal);
        Time = time;
    }

    public DateTimeOffset Time { get; }

    /// <summary>True for the metrics page of a gateway.</summary>
    public bool IsGateway => _samples.Contains(Prefix + "connected_clients");

    /// <summary>The start time of the process. Rates are not computed between scrapes with different start times.</summary>
    public double ProcessStart => Sum("process_start_time_seconds");

    public string? Version => _samples[Prefix + "build_info"].FirstOrDefault()?.Labels.GetValueOrDefault("version");

    /// <summary>The sum of all gateway series with this name, and with this label value when one is given.</summary>
    public double Gateway(string name, string? label = null, string? value = null) => Sum(Prefix + name, label, value);

    /// <summary>The sum of all series with this name, and with this label value when one is given.</summary>
    public double Sum(string name, string? label = null, string? value = null) =>
        _samples[name].Where(s => label is null || s.Labels.GetValueOrDefault(label) == value).Sum(s => s.Value);

    /// <summary>The value of each series with this name, by the value of a label.</summary>
    public IEnumerable<(string Label, double Value)> By(string name, string label) =>
        _samples[Prefix + name].Select(s => (s.Labels.GetValueOrDefault(label, ""), s.Value));
}
