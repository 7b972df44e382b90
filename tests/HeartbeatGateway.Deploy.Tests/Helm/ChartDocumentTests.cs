using System.Text.Json;
using System.Text.RegularExpressions;
using HeartbeatGateway.EndToEnd.Tests;
using k8s;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>Checks that the values, their schema, their table and the gateway's configuration document agree.</summary>
public sealed partial class ChartDocumentTests
{
    /// <summary>Settings that have separate values in the chart.</summary>
    private static readonly string[] OwnedByTheChart = ["Tls:CertificateFile", "Tls:KeyFile", "Tls:ClientCertificates", "Tls:ClientAuthorityFile", "Tls:ClientNames:<n>",
        "Admin:Keys:<n>:Id", "Admin:Keys:<n>:Key", "Admin:Keys:<n>:KeyFile", "Admin:Keys:<n>:Scope", "Admin:Keys:<n>:ExpiresAt", "Proxy:TrustedNetworks:<n>", "Proxy:Header", "Redis:Configuration", "Redis:ConfigurationFile", "Redis:NodeName", "Redis:TrustedRootsFile", "Redis:ClientCertificateFile", "Redis:ClientKeyFile", "Webhook:Secrets:<n>:Secret", "Webhook:Secrets:<n>:SecretFile", "Webhook:ClientCertificateFile", "Webhook:ClientKeyFile", "Webhook:TrustedRootsFile", "Tokens:Keys:<n>:Id", "Tokens:Keys:<n>:Secret", "Tokens:Keys:<n>:SecretFile", "Tokens:Keys:<n>:Clients:<m>", "Tokens:Keys:<n>:PerClient"];

    /// <summary>Secrets, which the chart does not take beside the other settings: a file from a Secret holds them.</summary>
    private static readonly string[] NotInAConfigMap = ["Authorization:Secret"];

    [Fact]
    public void The_readme_table_lists_exactly_the_values_with_their_defaults()
    {
        var readme = File.ReadAllText(Path.Combine(HelmChart.Folder, "README.md"));
        var listed = ValueRow().Matches(readme).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["default"].Value, StringComparer.Ordinal);
        var there = Leaves(Defaults(), "").ToDictionary(l => l.Name, l => l.Value, StringComparer.Ordinal);
        Assert.Equal(there.OrderBy(v => v.Key, StringComparer.Ordinal), listed.OrderBy(v => v.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void The_schema_contains_exactly_the_values()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(HelmChart.Folder, "values.schema.json")));
        AssertSame(Defaults(), schema.RootElement, "");

        static void AssertSame(object? value, JsonElement schema, string path)
        {
            if (value is not IDictionary<object, object> { Count: > 0 } map || !schema.TryGetProperty("properties", out var properties)) return;
            // The test below compares the gateway settings with the configuration document. Helm adds `global`.
            if (string.Equals(path, "/gateway", StringComparison.Ordinal)) return;
            Assert.False(schema.GetProperty("additionalProperties").GetBoolean(), $"{path} allows additional properties.");
            var known = properties.EnumerateObject().Select(p => p.Name).Except(["global"], StringComparer.Ordinal);
            Assert.Equal(map.Keys.Cast<string>().Order(StringComparer.Ordinal), known.Order(StringComparer.Ordinal));
            foreach (var (name, inner) in map) AssertSame(inner, properties.GetProperty((string)name), $"{path}/{name}");
        }
    }

    [Fact]
    public void The_schema_contains_exactly_the_documented_gateway_settings()
    {
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs/configuration.md"));
        var documented = GatewayVariable().Matches(document)
            .Select(m => m.Groups["key"].Value).Select(v => v.Replace("Keys__0__Clients__0", "Keys__<n>__Clients__<m>", StringComparison.Ordinal))
            .Select(v => v.Replace("__0", "__<n>", StringComparison.Ordinal).Replace("__", ":", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)
            .Except(OwnedByTheChart, StringComparer.Ordinal).Except(NotInAConfigMap, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(HelmChart.Folder, "values.schema.json")));
        Assert.Equal(documented, Settings(schema.RootElement.GetProperty("properties").GetProperty("gateway"), "").Order(StringComparer.Ordinal));

        static IEnumerable<string> Settings(JsonElement schema, string path) => schema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().SelectMany(p => Settings(p.Value, path.Length == 0 ? p.Name : $"{path}:{p.Name}"))
            : schema.TryGetProperty("items", out var items) ? items.TryGetProperty("properties", out _) ? Settings(items, $"{path}:<n>") : [$"{path}:<n>"]
            : [path];
    }

    private static IDictionary<object, object> Defaults() =>
        KubernetesYaml.Deserialize<Dictionary<object, object>>(File.ReadAllText(Path.Combine(HelmChart.Folder, "values.yaml")));

    private static IEnumerable<(string Name, string Value)> Leaves(object? value, string path)
    {
        if (value is not IDictionary<object, object> { Count: > 0 } map) return [(path, Text(value))];
        return map.SelectMany(entry => Leaves(entry.Value, path.Length == 0 ? (string)entry.Key : $"{path}.{entry.Key}"));
    }

    private static string Text(object? value) => value switch
    {
        null or "" => "",
        IDictionary<object, object> => "{}",
        IList<object> { Count: 0 } => "[]",
        IList<object> => "see values.yaml",
        bool or "True" or "False" => $"{value}".ToLowerInvariant(),
        _ => $"{value}",
    };

    [GeneratedRegex(@"^\| `(?<name>[A-Za-z.]+)` \| (`(?<default>[^`]*)`|(?<default>see values\.yaml))? ?\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex ValueRow();

    [GeneratedRegex(@"^\| `[^`]+`[^|]*\| `Gateway__(?<key>[A-Za-z0-9_]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex GatewayVariable();
}
