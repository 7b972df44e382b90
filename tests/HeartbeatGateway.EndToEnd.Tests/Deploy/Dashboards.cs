using System.Text.Json.Nodes;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>The dashboards of deploy/grafana.</summary>
internal static class Dashboards
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy/grafana/dashboards");

    public static IReadOnlyList<string> Files { get; } = [.. Directory.EnumerateFiles(Folder, "*.json").Order(StringComparer.Ordinal)];

    public static JsonNode Load(string file) => JsonNode.Parse(File.ReadAllText(file))!;

    /// <summary>The panels with data, without rows.</summary>
    public static IEnumerable<JsonNode> Panels(JsonNode dashboard) => dashboard["panels"]!.AsArray().Where(p => (string?)p!["type"] != "row")!;

    /// <summary>Every query of a dashboard, including annotations, with the variables replaced.</summary>
    public static IEnumerable<(string Where, string Query)> Queries(string file, string job, string instance)
    {
        var dashboard = Load(file);
        var panels = Panels(dashboard).SelectMany(p => p["targets"]?.AsArray() ?? [], (p, t) => ((string)p["title"]!, (string)t!["expr"]!));
        var annotations = dashboard["annotations"]!["list"]!.AsArray().Where(a => a!["expr"] is not null).Select(a => ((string)a!["name"]!, (string)a["expr"]!));
        return panels.Concat(annotations).Select(q => ($"{Path.GetFileName(file)}: {q.Item1}", Fill(q.Item2, job, instance)));
    }

    private static string Fill(string query, string job, string instance)
    {
        // All namespaces, which includes series without one.
        var filled = query.Replace("$namespace", ".*", StringComparison.Ordinal).Replace("$job", job, StringComparison.Ordinal).Replace("$instance", instance, StringComparison.Ordinal).Replace("$__rate_interval", "1m", StringComparison.Ordinal);
        Assert.DoesNotContain("$", filled, StringComparison.Ordinal);
        return filled;
    }
}
