using System.Globalization;

namespace HeartbeatGateway.Testing;

/// <summary>Reads the text of a metrics page.</summary>
public static class PageSeries
{
    /// <summary>The value of a series, or the sum of all series that have its labels among others.</summary>
    /// <param name="page">The page.</param>
    /// <param name="series">Its name with labels in Prometheus notation.</param>
    public static double Sum(string page, string series)
    {
        var brace = series.IndexOf('{', StringComparison.Ordinal);
        var (name, labels) = brace < 0 ? (series, Array.Empty<string>()) : (series[..brace], series[(brace + 1)..^1].Split("\",", StringSplitOptions.RemoveEmptyEntries));
        var lines = page.Split('\n').Where(l => l.StartsWith(series + " ", StringComparison.Ordinal)).ToList();
        if (lines.Count == 0 && labels.Length > 0) lines = [.. page.Split('\n').Where(l => l.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => Has(l, label)))];
        return lines.Count > 0
            ? lines.Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))
            : throw new KeyNotFoundException($"The metrics page has no series {series}.");
    }

    private static bool Has(string line, string label) =>
        line.Contains($"{{{label.TrimEnd('"')}\"", StringComparison.Ordinal) || line.Contains($",{label.TrimEnd('"')}\"", StringComparison.Ordinal);
}
