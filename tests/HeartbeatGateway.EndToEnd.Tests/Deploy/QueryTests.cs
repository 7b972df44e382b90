using System.Text.Json;
using System.Text.RegularExpressions;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>
/// Rules and dashboards query only series that a gateway exposes. Prometheus' own engine evaluates each query on the series of a real metrics
/// page; no result may be empty.
/// </summary>
public sealed class QueryTests(GatewayPage page) : IClassFixture<GatewayPage>
{
    private const string Job = "heartbeatgateway";
    private const string Instance = "a:8080";

    public static TheoryData<string> DashboardFiles => [.. Dashboards.Files.Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(DashboardFiles))]
    public Task Every_query_of_a_dashboard_finds_its_series(string file) =>
        AssertAnsweredAsync(Dashboards.Queries(Path.Combine(Dashboards.Folder, file), Job, Instance));

    [Fact]
    public Task Every_recording_rule_finds_its_series() =>
        AssertAnsweredAsync(PrometheusFiles.Records().SelectMany(r => new[] { ($"{r["record"]}", (string)r["expr"]!), ($"{r["record"]}", (string)r["record"]!) }));

    [Fact]
    public void The_rule_tests_use_series_that_exist()
    {
        var series = PrometheusFiles.Tests().SelectMany(t => t["input_series"]!.AsArray()).Select(s => (string)s!["series"]!)
            .Where(s => !s.StartsWith("up{", StringComparison.Ordinal)).Select(GatewayPage.Spell).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(series);
        Assert.Empty(series.Except(page.Series));
    }

    /// <summary>Also the series that a gateway has only with event loops or a cluster.</summary>
    [Fact]
    public void Every_series_is_documented_and_every_documented_series_of_a_cluster_exists()
    {
        const string Prefix = "heartbeatgateway_";
        var names = page.Series.Select(s => s.Split('{')[0]).Where(s => s.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(s => Regex.Replace(s[Prefix.Length..], "_(bucket|sum|count)$", "", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))).ToHashSet(StringComparer.Ordinal);
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs/metrics.md"));
        Assert.All(names, name => Assert.Contains($"`{name}`", document, StringComparison.Ordinal));
        var cluster = Regex.Matches(document, "^\\| `(?<name>cluster_[a-z_]+)` ", RegexOptions.ExplicitCapture | RegexOptions.Multiline, TimeSpan.FromSeconds(1))
            .Select(m => m.Groups["name"].Value).ToList();
        Assert.Equal(17, cluster.Count);
        Assert.Empty(cluster.Except(names));
    }

    /// <summary>Grouping by a label that no series has merges all series without an error.</summary>
    [Fact]
    public void Queries_and_legends_use_labels_that_exist()
    {
        var queries = Dashboards.Files.SelectMany(f => Dashboards.Queries(f, Job, Instance)).Select(q => q.Query)
            .Concat(PrometheusFiles.Records().Concat(PrometheusFiles.Alerts()).Select(r => (string)r["expr"]!));
        var grouped = queries.SelectMany(q => Regex.Matches(q, @"\b(by|without|on|ignoring) ?\((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)))
            .SelectMany(m => m.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        var shown = Dashboards.Files.SelectMany(f => Regex.Matches(File.ReadAllText(f), "{{(?<label>[a-z_]+)}}", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))).Select(m => m.Groups["label"].Value);
        Assert.Empty(grouped.Concat(shown).ToHashSet(StringComparer.Ordinal).Except(page.Labels).Except(["namespace", "alertname"]));
    }

    private async Task AssertAnsweredAsync(IEnumerable<(string Where, string Query)> queries)
    {
        var asked = queries.ToList();
        Assert.NotEmpty(asked);
        string[] added = ["up{}", """ALERTS{alertname="HeartbeatGatewayDown", alertstate="firing", severity="critical"}"""];
        var file = Path.Combine(Directory.CreateTempSubdirectory("heartbeatgateway-queries-").FullName, "queries.json");
        // JSON is valid YAML. count() of an empty result is empty; otherwise it is above 0.
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
        {
            rule_files = new[] { PrometheusFiles.Recording },
            evaluation_interval = "15s",
            tests = new[]
            {
                new
                {
                    interval = "15s",
                    input_series = page.Series.Concat(added).Select(s => new { series = WithTarget(s), values = "1+1x40" }),
                    promql_expr_test = asked.Select(q => new { expr = $"count({q.Query}) > bool 0", eval_time = "10m", exp_samples = new[] { new { labels = "{}", value = 1 } } }),
                },
            },
        }), TestContext.Current.CancellationToken);
        await Tool.RunAsync(Tool.Promtool, "test", "rules", file);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    private static string WithTarget(string series) =>
        series.Replace("{}", "{ }", StringComparison.Ordinal).Replace("{", $"{{job=\"{Job}\", instance=\"{Instance}\", ", StringComparison.Ordinal).Replace(",  }", "}", StringComparison.Ordinal);
}
