using System.Text.RegularExpressions;
using HeartbeatGateway.EndToEnd.Tests;
using k8s;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>The pods are replaced for the settings that a gateway cannot reload, and for no others.</summary>
public sealed partial class RestartTests
{
    [Fact]
    public async Task Only_settings_that_are_read_at_start_change_the_pod_template()
    {
        var before = await TemplateOfPods();
        Assert.Equal(before, await TemplateOfPods("gateway.Heartbeat.ReaderIdle=00:00:10", "serilog.MinimumLevel.Default=Debug"));
        Assert.NotEqual(before, await TemplateOfPods("gateway.Tcp.Backlog=100"));
        Assert.NotEqual(before, await TemplateOfPods("tls.existingSecret=certificate"));
    }

    [Fact]
    public async Task Each_section_with_documented_restart_settings_changes_the_pod_template()
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/configuration.md"), TestContext.Current.CancellationToken);
        var sections = RestartKey().Matches(document).Select(m => m.Groups["section"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        // A new section here also belongs in heartbeat-gateway.restartChecksum.
        Assert.Equal(["Authorization", "Bans", "Http", "Messages", "Redis", "Tcp", "Tls", "WebSocket", "Webhook"], sections);
        const string Tls = "tls.existingSecret=certificate";
        Assert.NotEqual(await TemplateOfPods(Tls), await TemplateOfPods(Tls, "gateway.Tls.MaxHandshakes=100"));
        Assert.NotEqual(await TemplateOfPods(Tls), await TemplateOfPods(Tls, "tls.clientCertificates=Optional", "tls.clientAuthoritySecret=devices"));
        Assert.NotEqual(await TemplateOfPods(), await TemplateOfPods("gateway.Http.MaxConnectionsPerAddress=8"));
        Assert.NotEqual(await TemplateOfPods(), await TemplateOfPods("gateway.Bans.File=/var/lib/heartbeatgateway/bans.json"));
        Assert.NotEqual(await TemplateOfPods(), await TemplateOfPods("gateway.Tcp.Endpoint=0.0.0.0:8081"));
        Assert.NotEqual(await TemplateOfPods(), await TemplateOfPods("gateway.Authorization.Url=http://devices/may-connect"));
        string[] redis = ["redis.existingSecret=redis", "networkPolicy.enabled=false"];
        Assert.NotEqual(await TemplateOfPods(redis), await TemplateOfPods([.. redis, "gateway.Redis.Prefix=fleet"]));
        Assert.NotEqual(await TemplateOfPods(), await TemplateOfPods("gateway.Messages.Sinks[0].Kind=log"));
        Assert.Equal(await TemplateOfPods(), await TemplateOfPods("gateway.Messages.LogContent=None"));
        const string WebSocket = "gateway.WebSocket.Endpoint=*:8083";
        Assert.NotEqual(await TemplateOfPods(), await TemplateOfPods(WebSocket));
        Assert.NotEqual(await TemplateOfPods(WebSocket), await TemplateOfPods(WebSocket, "gateway.WebSocket.Path=/clients"));
        string[] webhook = ["gateway.Webhook.Url=https://events.example/", "webhook.existingSecret=gateway-webhook"];
        foreach (var setting in new[] { "Lanes=2", "Presence=false", "DeadLetterFile=/var/lib/heartbeatgateway/dead.jsonl" })
        {
            Assert.NotEqual(await TemplateOfPods(webhook), await TemplateOfPods([.. webhook, $"gateway.Webhook.{setting}"]));
        }

        Assert.Equal(await TemplateOfPods(webhook), await TemplateOfPods([.. webhook, "gateway.Webhook.Url=https://other.example/", "gateway.Webhook.MaxAge=00:10:00"]));
        Assert.Equal(await TemplateOfPods(WebSocket), await TemplateOfPods(WebSocket, "gateway.WebSocket.AllowedOrigins[0]=https://shop.example"));
    }

    [Fact]
    public async Task A_new_log_level_override_changes_the_pod_template_and_a_new_level_does_not()
    {
        const string Server = @"serilog.MinimumLevel.Override.HeartbeatGateway\.Server=";
        var before = await TemplateOfPods();
        var with = await TemplateOfPods(Server + "Warning");
        Assert.NotEqual(before, with);
        Assert.Equal(with, await TemplateOfPods(Server + "Debug"));
        // appsettings.json of the image contains these overrides already.
        Assert.Equal(before, await TemplateOfPods("serilog.MinimumLevel.Override.Microsoft=Error", "serilog.MinimumLevel.Override.System=Error"));
    }

    private static async Task<string> TemplateOfPods(params string[] values) =>
        KubernetesYaml.Serialize((await HelmChart.RenderAsync("minimal", [.. values.SelectMany(v => new[] { "--set", v })])).Deployment.Spec.Template);

    [GeneratedRegex(@"\*\(restart\)\* \| `Gateway__(?<section>[A-Za-z]+)__", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex RestartKey();
}
