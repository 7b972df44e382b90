using System.Globalization;

namespace HeartbeatGateway.Million.Measuring;

/// <summary>One scrape of the service.</summary>
internal sealed class MetricsPage
{
    private const string Prefix = "heartbeatgateway_";
    private readonly Dictionary<string, double> _series = new(StringComparer.Ordinal);

    /// <summary>The value of a series by its name without prefix, with labels.</summary>
    public double this[string series] => _series[Prefix + series];

    /// <summary>opened − connected − handshaking − closed: 0 when the metrics balance.</summary>
    public double Imbalance =>
        this["connections_opened_total"] - this["connected_clients"] - this["handshaking_connections"] - Sum("connections_closed_total");

    public static MetricsPage Parse(string text)
    {
        var page = new MetricsPage();
        foreach (var line in text.Split('\n'))
        {
            if (!line.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var blank = line.LastIndexOf(' ');
            page._series[line[..blank]] = double.Parse(line.AsSpan(blank + 1), CultureInfo.InvariantCulture);
        }

        return page;
    }

    /// <summary>The sum over all series of a metric, or over those with a label.</summary>
    public double Sum(string name, string label = "") =>
        _series.Where(s => s.Key.StartsWith($"{Prefix}{name}{{", StringComparison.Ordinal) && s.Key.Contains(label, StringComparison.Ordinal)).Sum(s => s.Value);
}
