using System.Text.Json.Nodes;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>Checks the structure of the dashboards; <see cref="QueryTests"/> checks their queries.</summary>
public sealed class DashboardTests
{
    private static readonly string[] Types = ["stat", "timeseries", "table", "heatmap", "alertlist"];

    public static TheoryData<string> DashboardFiles => [.. Dashboards.Files.Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(DashboardFiles))]
    public void A_dashboard_follows_the_conventions(string file)
    {
        var dashboard = Dashboards.Load(Path.Combine(Dashboards.Folder, file));
        // A fixed uid keeps links and bookmarks valid.
        Assert.Equal($"heartbeatgateway-{Path.GetFileNameWithoutExtension(file)}", (string?)dashboard["uid"]);
        Assert.Null(dashboard["id"]);
        Assert.Equal(["datasource", "namespace", "job", "instance"], dashboard["templating"]!["list"]!.AsArray().Select(v => (string?)v!["name"]));
        var panels = Dashboards.Panels(dashboard).ToList();
        Assert.Equal(panels.Count, panels.Select(p => (int)p["id"]!).Distinct().Count());
        Assert.All(panels, panel =>
        {
            var title = (string)panel["title"]!;
            Assert.Contains((string?)panel["type"], Types);
            Assert.False(string.IsNullOrEmpty((string?)panel["description"]), title);
            Assert.Equal("${datasource}", (string?)panel["datasource"]!["uid"]);
            if ((string?)panel["type"] == "alertlist") return;
            Assert.True(HasUnit(panel), $"{title} has no unit.");
            Assert.All(panel["targets"]!.AsArray(), target =>
            {
                Assert.Equal("${datasource}", (string?)target!["datasource"]!["uid"]);
                var query = (string)target["expr"]!;
                Assert.Contains("job=\"$job\"", query, StringComparison.Ordinal);
                // Each selector, or a fleet in another namespace would be added up with this one.
                Assert.Equal(query.Split("job=\"$job\"").Length, query.Split("namespace=~\"$namespace\", job=\"$job\"").Length);
                // A fixed range is empty or too coarse at another scrape interval or zoom level.
                Assert.DoesNotMatch(@"\[\d", query);
            });
        });
        Assert.Empty(Overlapping(panels));
    }

    [Theory]
    [MemberData(nameof(DashboardFiles))]
    public void All_namespaces_include_series_without_a_namespace(string file)
    {
        var variable = Dashboards.Load(Path.Combine(Dashboards.Folder, file))["templating"]!["list"]!.AsArray().Single(v => (string?)v!["name"] == "namespace")!;
        // Outside Kubernetes the label is missing; `.+` would match none of the series.
        Assert.Equal((true, ".*"), ((bool)variable["includeAll"]!, (string?)variable["allValue"]));
    }

    [Fact]
    public void The_data_source_is_provisioned_with_the_scrape_interval_of_prometheus()
    {
        var source = Yaml.Load(Path.Combine(Repository.Root, "deploy/grafana/provisioning/datasources/prometheus.yml"))["datasources"]!.AsArray().Single()!;
        Assert.Equal("prometheus", (string?)source["type"]);
        Assert.Equal((string?)Yaml.Load(Path.Combine(PrometheusFiles.Folder, "prometheus.yml"))["global"]!["scrape_interval"], (string?)source["jsonData"]!["timeInterval"]);
    }

    private static bool HasUnit(JsonNode panel) => (string)panel["type"]! switch
    {
        "heatmap" => panel["options"]!["yAxis"]!["unit"] is not null,
        "table" => true,
        _ => panel["fieldConfig"]!["defaults"]!["unit"] is not null,
    };

    private static IEnumerable<string> Overlapping(List<JsonNode> panels)
    {
        var places = panels.Select(p => (Title: (string)p["title"]!, X: (int)p["gridPos"]!["x"]!, Y: (int)p["gridPos"]!["y"]!, W: (int)p["gridPos"]!["w"]!, H: (int)p["gridPos"]!["h"]!)).ToList();
        return from a in places from b in places where a != b && a.X < b.X + b.W && b.X < a.X + a.W && a.Y < b.Y + b.H && b.Y < a.Y + a.H select $"{a.Title} and {b.Title}";
    }
}
