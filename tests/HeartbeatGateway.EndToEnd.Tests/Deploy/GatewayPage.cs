using System.Text.RegularExpressions;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>The series on the metrics page of a real gateway.</summary>
public sealed partial class GatewayPage : IAsyncLifetime
{
    /// <summary>Each series in canonical form: its name, and its labels sorted.</summary>
    public IReadOnlyList<string> Series { get; private set; } = [];

    /// <summary>The labels of all series, and those that a scrape adds.</summary>
    public IReadOnlySet<string> Labels { get; private set; } = new HashSet<string>();

    public async ValueTask InitializeAsync()
    {
        // With event loops and a cluster, whose series exist only with these settings. Nothing listens on port 1: the series of a cluster do not wait for Redis.
        await using var gateway = await GatewayProcess.StartAsync(
            ("Gateway__Admission__MaxHeapBytes", "1000000000"), ("Gateway__Heartbeat__ShadowReaderIdle__0", "00:00:05"), ("Gateway__Tcp__Transport", "Epoll"), ("Gateway__Redis__Configuration", "127.0.0.1:1"));
        Series = [.. (await gateway.ScrapeAsync()).Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => Spell(l[..l.LastIndexOf(' ')]))];
        Labels = Series.SelectMany(s => Label().Matches(s)).Select(m => m.Groups["name"].Value).Concat(["job", "instance"]).ToHashSet(StringComparer.Ordinal);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A series without the labels that a scrape adds, and without values that differ between builds, and between settings of sinks.</summary>
    public static string Spell(string series)
    {
        var labels = Label().Matches(series).Select(m => (Name: m.Groups["name"].Value, Value: m.Groups["value"].Value))
            .Where(l => l.Name is not "job" and not "instance" and not "namespace")
            .Select(l => l.Name is "version" or "runtime" or "sink" ? (l.Name, Value: "") : l)
            .Order().Select(l => $"{l.Name}=\"{l.Value}\"");
        return $"{series.Split('{')[0]}{{{string.Join(", ", labels)}}}";
    }

    [GeneratedRegex("(?<name>[a-z_]+)=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();
}
