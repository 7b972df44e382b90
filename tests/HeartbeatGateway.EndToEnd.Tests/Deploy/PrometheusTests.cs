using System.Text.Json.Nodes;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>Checks of deploy/prometheus and deploy/alertmanager with Prometheus' own tools.</summary>
public sealed class PrometheusTests
{
    [Fact]
    public async Task Promtool_accepts_the_configuration_and_the_rules()
    {
        var output = await Tool.RunAsync(Tool.Promtool, "check", "config", "--lint=all", "--lint-fatal", Path.Combine(PrometheusFiles.Folder, "prometheus.yml"));
        Assert.Contains("2 rule files found", output, StringComparison.Ordinal);
    }

    [Fact]
    public Task Amtool_accepts_the_configuration() =>
        Tool.RunAsync(Tool.Amtool, "check-config", Path.Combine(Repository.Root, "deploy/alertmanager/alertmanager.yml"));

    [Theory]
    [InlineData("critical", "woken")]
    [InlineData("warning", "watched")]
    [InlineData("info", "listed")]
    public Task Alerts_are_routed_by_severity(string severity, string receiver) => Tool.RunAsync(
        Tool.Amtool, "config", "routes", "test", "--config.file", Path.Combine(Repository.Root, "deploy/alertmanager/alertmanager.yml"), $"--verify.receivers={receiver}", $"severity={severity}");

    [Fact]
    public Task The_rule_tests_pass() => Tool.RunAsync(Tool.Promtool, ["test", "rules", .. PrometheusFiles.TestFiles]);

    [Fact]
    public void Every_alert_has_a_test_in_which_it_fires_and_a_near_miss()
    {
        var tests = PrometheusFiles.Tests();
        Assert.All(PrometheusFiles.Alerts().Select(a => (string)a["alert"]!), alert =>
        {
            var asked = tests.Select(t => t["alert_rule_test"]!.AsArray().Where(a => (string)a!["alertname"]! == alert).ToList()).Where(t => t.Count > 0).ToList();
            Assert.Contains(asked, t => t.Any(Fires));
            Assert.Contains(asked, t => !t.Any(Fires));
        });

        static bool Fires(JsonNode? test) => test!["exp_alerts"]?.AsArray().Count > 0;
    }

    [Fact]
    public void Every_alert_has_a_severity_texts_and_a_runbook_section()
    {
        var sections = File.ReadAllLines(Path.Combine(Repository.Root, "docs/operations.md")).Where(l => l.StartsWith('#')).Select(l => l.TrimStart('#').Trim()).ToList();
        var alerts = PrometheusFiles.Alerts();
        Assert.All(alerts, alert =>
        {
            var name = (string)alert["alert"]!;
            Assert.Matches("^(critical|warning|info)$", (string?)alert["labels"]!["severity"]);
            Assert.False(string.IsNullOrEmpty((string?)alert["annotations"]!["summary"]));
            Assert.False(string.IsNullOrEmpty((string?)alert["annotations"]!["description"]));
            // The anchor is the heading in lower case.
            Assert.EndsWith($"/docs/operations.md#{name.ToLowerInvariant()}", (string?)alert["annotations"]!["runbook_url"], StringComparison.Ordinal);
            Assert.Contains(name, sections);
        });
        Assert.Empty(sections.Where(s => s.StartsWith("HeartbeatGateway", StringComparison.Ordinal)).Except(alerts.Select(a => (string)a["alert"]!)));
    }
}
