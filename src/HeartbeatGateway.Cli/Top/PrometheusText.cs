using System.Buffers;
using System.Globalization;
using System.Text;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Reads the names, labels and values of the Prometheus text format. Comments and timestamps are ignored.</summary>
internal static class PrometheusText
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>Reads all samples of a page.</summary>
    /// <exception cref="FormatException">A line is not a sample; the message gives its number.</exception>
    public static IReadOnlyList<MetricSample> Parse(string page)
    {
        var samples = new List<MetricSample>();
        var number = 0;
        foreach (var raw in page.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            samples.Add(Sample(line) ?? throw new FormatException($"line {number} of the page is not a metric"));
        }

        return samples;
    }

    private static MetricSample? Sample(string line)
    {
        var nameEnd = line.AsSpan().IndexOfAny(" \t{");
        if (nameEnd <= 0 || !IsName(line.AsSpan(0, nameEnd))) return null;
        var labels = NoLabels;
        var at = nameEnd;
        if (line[at] == '{' && !TryLabels(line, ref at, out labels)) return null;
        var fields = line[at..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length is not (1 or 2) || !TryValue(fields[0], out var value)) return null;
        return new MetricSample(line[..nameEnd], labels, value);
    }

    private static bool TryLabels(string line, ref int at, out Dictionary<string, string> labels)
    {
        labels = new Dictionary<string, string>(StringComparer.Ordinal);
        at++;
        while (at < line.Length)
        {
            while (at < line.Length && line[at] is ' ' or '\t' or ',') at++;
            if (at < line.Length && line[at] == '}')
            {
                at++;
                return true;
            }

            var equals = line.IndexOf('=', at);
            if (equals < 0) return false;
            var name = line[at..equals].Trim();
            at = equals + 1;
            while (at < line.Length && line[at] is ' ' or '\t') at++;
            if (name.Length == 0 || at >= line.Length || line[at] != '"' || !TryQuoted(line, ref at, out var value)) return false;
            labels[name] = value;
        }

        return false;
    }

    private static bool TryQuoted(string line, ref int at, out string value)
    {
        var text = new StringBuilder();
        for (at++; at < line.Length; at++)
        {
            if (line[at] == '"')
            {
                at++;
                value = text.ToString();
                return true;
            }

            if (line[at] == '\\' && at + 1 < line.Length)
            {
                at++;
                text.Append(line[at] == 'n' ? '\n' : line[at]);
            }
            else
            {
                text.Append(line[at]);
            }
        }

        value = "";
        return false;
    }

    private static bool TryValue(string text, out double value)
    {
        value = text switch { "+Inf" or "Inf" => double.PositiveInfinity, "-Inf" => double.NegativeInfinity, "NaN" => double.NaN, _ => 0 };
        return value != 0 || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private static bool IsName(ReadOnlySpan<char> name) => !char.IsAsciiDigit(name[0]) && !name.ContainsAnyExcept(NameCharacters);
}

/// <summary>One line of a metrics page.</summary>
/// <param name="Name">The name of the series.</param>
/// <param name="Labels">The labels of the series.</param>
/// <param name="Value">The value of the sample.</param>
internal sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
