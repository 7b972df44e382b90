namespace HeartbeatGateway.Cli.Top;

/// <summary>A metrics page at one moment.</summary>
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

    /// <summary>False for a page of something else.</summary>
    public bool IsGateway => _samples.Contains(Prefix + "connected_clients");

    /// <summary>Which start of the process this is; two scrapes of different starts have nothing to do with each other.</summary>
    public double ProcessStart => Sum("process_start_time_seconds");

    public string? Version => _samples[Prefix + "build_info"].FirstOrDefault()?.Labels.GetValueOrDefault("version");

    /// <summary>The sum over a gateway's series of a name, those with a label's value when one is given.</summary>
    public double Gateway(string name, string? label = null, string? value = null) => Sum(Prefix + name, label, value);

    /// <summary>The sum over all series of a name.</summary>
    public double Sum(string name, string? label = null, string? value = null) =>
        _samples[name].Where(s => label is null || s.Labels.GetValueOrDefault(label) == value).Sum(s => s.Value);

    /// <summary>Each value of a label with its number.</summary>
    public IEnumerable<(string Label, double Value)> By(string name, string label) =>
        _samples[Prefix + name].Select(s => (s.Labels.GetValueOrDefault(label, ""), s.Value));
}
