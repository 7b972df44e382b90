using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;
using k8s;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>Tests of the rules in the chart. They are copies of <c>deploy/prometheus/rules</c>, because helm reads no files outside a chart.</summary>
public sealed class RulesTests
{
    private static readonly string Original = Path.Combine(Repository.Root, "deploy/prometheus/rules");
    private static readonly string Copy = Path.Combine(HelmChart.Folder, "files/rules");

    [Fact]
    public void The_rule_files_of_the_chart_equal_the_originals()
    {
        static Dictionary<string, string> Files(string folder) => Directory.GetFiles(folder, "*.yml").ToDictionary(f => Path.GetFileName(f), File.ReadAllText, StringComparer.Ordinal);
        var (originals, copies) = (Files(Original), Files(Copy));
        Assert.NotEmpty(originals);
        const string Remedy = "cp deploy/prometheus/rules/*.yml deploy/helm/heartbeat-gateway/files/rules/";
        Assert.True(originals.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(copies.Keys), $"The file names differ: {Remedy}");
        Assert.All(originals, f => Assert.True(string.Equals(f.Value, copies[f.Key], StringComparison.Ordinal), $"{f.Key} differs: {Remedy}"));
    }

    [Fact]
    public async Task The_rules_are_rendered_completely_and_their_templates_are_unchanged()
    {
        var rule = (await HelmChart.RenderAsync("full", "--set", "prometheusRule.runbooks=")).Single<PrometheusRule>();
        var original = Directory.GetFiles(Copy, "*.yml").Order(StringComparer.Ordinal)
            .SelectMany(f => (IList<object>)KubernetesYaml.Deserialize<Dictionary<string, object>>(File.ReadAllText(f))["groups"]);
        // Two fleets can be watched by one Prometheus: the rule for no metrics at all is about the namespace of the release.
        const string Absent = "or on () absent(heartbeatgateway_build_info)";
        var expected = Sorted(original.ToList());
        Assert.Contains(Absent, expected, StringComparison.Ordinal);
        Assert.Equal(expected.Replace(Absent, """or on (namespace) absent(heartbeatgateway_build_info{namespace="devices"})""", StringComparison.Ordinal), Sorted(rule.Spec.Groups));
        Assert.Contains("{{ $labels.instance }}", KubernetesYaml.Serialize(rule.Spec.Groups), StringComparison.Ordinal);

        // The operator writes the spec to a file for Prometheus; promtool checks the same content.
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, KubernetesYaml.Serialize(new Dictionary<string, object>(StringComparer.Ordinal) { ["groups"] = rule.Spec.Groups }), TestContext.Current.CancellationToken);
            Assert.Contains("SUCCESS", (await Command.RunAsync(Tools.Promtool(), ["check", "rules", file])).Good(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_rules_select_the_job_that_the_service_monitor_sets()
    {
        var job = Assert.Single(Assert.Single((await HelmChart.RenderAsync("full")).Single<ServiceMonitor>().Spec.Endpoints).Relabelings).Replacement;
        var asked = Directory.GetFiles(Copy, "*.yml").SelectMany(f => File.ReadAllText(f).Split("job=\"").Skip(1).Select(rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)])).Distinct(StringComparer.Ordinal);
        Assert.Equal([job], asked);
    }

    [Fact]
    public async Task Each_namespace_with_a_fleet_has_a_rule_for_its_absence()
    {
        var rule = (await HelmChart.RenderAsync("extended")).Single<PrometheusRule>();
        Assert.Equal(("monitoring", "watch@example.com"), (rule.Metadata.NamespaceProperty, rule.Metadata.Annotations["example.com/contact"]));
        var rules = rule.Spec.Groups.SelectMany(g => (IEnumerable<object>)g["rules"]).Cast<IDictionary<object, object>>();
        var absent = (string)rules.Single(r => r.TryGetValue("alert", out var alert) && alert is "HeartbeatGatewayAbsent")["expr"];
        Assert.EndsWith(
            """or on (namespace) absent(heartbeatgateway_build_info{namespace="devices"}) or on (namespace) absent(heartbeatgateway_build_info{namespace="meters"})""",
            absent, StringComparison.Ordinal);
        await AssertFiresAsync(absent, "heartbeatgateway_build_info{job=\"heartbeatgateway\", namespace=\"devices\"}", "{namespace=\"meters\"}");
    }

    [Fact]
    public async Task The_runbook_links_use_the_address_from_the_values()
    {
        var groups = KubernetesYaml.Serialize((await HelmChart.RenderAsync("full")).Single<PrometheusRule>().Spec.Groups);
        Assert.Contains("runbook_url: https://wiki.example/gateway/docs/operations.md#", groups, StringComparison.Ordinal);
        Assert.DoesNotContain("heartbeatgateway.example", groups, StringComparison.Ordinal);
    }

    /// <summary>Evaluates an expression with one series; the result must be one sample with the labels.</summary>
    private static async Task AssertFiresAsync(string expression, string series, string labels)
    {
        var file = Path.GetTempFileName();
        try
        {
            // JSON is valid YAML.
            await File.WriteAllTextAsync(file, System.Text.Json.JsonSerializer.Serialize(new
            {
                tests = new[]
                {
                    new
                    {
                        interval = "1m",
                        input_series = new[] { new { series, values = "1x10" } },
                        promql_expr_test = new[] { new { expr = expression, eval_time = "5m", exp_samples = new[] { new { labels, value = 1 } } } },
                    },
                },
            }), TestContext.Current.CancellationToken);
            (await Command.RunAsync(Tools.Promtool(), ["test", "rules", file])).Good();
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A canonical text with sorted keys, because helm sorts them too.</summary>
    private static string Sorted(object? value) => value switch
    {
        IDictionary<object, object> map => Sorted(map.ToDictionary(e => $"{e.Key}", e => e.Value, StringComparer.Ordinal)),
        IDictionary<string, object> map => $"{{{string.Join(",\n", map.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}: {Sorted(e.Value)}"))}}}",
        System.Collections.IEnumerable items and not string => $"[{string.Join(",\n", items.Cast<object>().Select(Sorted))}]",
        _ => $"{value}",
    };
}
