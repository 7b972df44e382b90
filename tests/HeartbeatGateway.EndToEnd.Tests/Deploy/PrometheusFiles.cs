using System.Text.Json.Nodes;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>The rules of deploy/prometheus and their tests.</summary>
internal static class PrometheusFiles
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy/prometheus");

    public static string Recording { get; } = Path.Combine(Folder, "rules/recording.yml");

    public static IReadOnlyList<string> TestFiles { get; } = [.. Directory.EnumerateFiles(Path.Combine(Folder, "tests"), "*.yml").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<JsonNode> Records() => Rules(Recording);

    public static IReadOnlyList<JsonNode> Alerts() => Rules(Path.Combine(Folder, "rules/alerts.yml"));

    public static IReadOnlyList<JsonNode> Tests() => [.. TestFiles.SelectMany(f => Yaml.Load(f)["tests"]!.AsArray()).Select(t => t!)];

    private static List<JsonNode> Rules(string file) => [.. Yaml.Load(file)["groups"]!.AsArray().SelectMany(g => g!["rules"]!.AsArray()).Select(r => r!)];
}
